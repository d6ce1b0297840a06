/**
 * What a pod fails at a level in a version. Upstream: pod-security-admission/policy/registry.go.
 *
 *   PS-E1  Restricted holds whatever baseline holds, except what its own checks stand for in that version.
 *   PS-E2  Baseline checks come before restricted ones, each by id, so that messages are always the same.
 */
import { baselineChecks } from './baseline.ts'
import type { Check, Examined, Failing, VersionedCheck } from './check.ts'
import type { LevelVersion } from './policy.ts'
import { restrictedChecks } from './restricted.ts'

const known = new Map<string, readonly Check[]>()

export function evaluatePod(pod: Examined, at: LevelVersion): readonly Failing[] {
  if (at.level === 'privileged') return []
  const key = `${at.level}/${at.minor}`
  const checks = known.get(key) ?? checksAt(at)
  if (known.size < 200) known.set(key, checks)
  return checks.map(check => check(pod)).filter(failing => failing !== undefined)
}

export function failingText(failing: readonly Failing[]): string {
  return failing.map(({ reason, detail }) => (detail === '' ? reason : `${reason} (${detail})`)).join(', ')
}

function checksAt({ level, minor }: LevelVersion): readonly Check[] {
  const inForce = ({ versions }: VersionedCheck) => versions.filter(version => version.from <= minor).at(-1)?.check
  const present = (checks: readonly VersionedCheck[]) => checks.map(inForce).filter(check => check !== undefined)
  if (level === 'baseline') return present(baselineChecks)
  const overridden = new Set(restrictedChecks.filter(check => inForce(check) !== undefined).flatMap(check => check.overrides ?? [])) // PS-E1
  return [...present(baselineChecks.filter(({ id }) => !overridden.has(id))), ...present(restrictedChecks)] // PS-E2
}
