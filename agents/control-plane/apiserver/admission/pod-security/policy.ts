/**
 * Which Pod Security level, in which version, a namespace wants. Upstream: pod-security-admission/api.
 *
 *   PS-P1  enforce, audit and warn each have a level and a version ("latest" or "v1.x"); what a label does not say comes from
 *          the defaults.
 *   PS-P2  Labels that cannot be read: enforce counts as restricted, audit and warn as privileged.
 *   PS-P3  Who is told nothing about warnings is warned of what he would be refused.
 */
import { invalid, type FieldError } from '../../../../api/field-error.ts'

export type Level = 'privileged' | 'baseline' | 'restricted'

export interface LevelVersion {
  readonly level: Level
  /** Minor version of 1.x, or Infinity for latest. */
  readonly minor: number
}

export interface Policy {
  readonly enforce: LevelVersion
  readonly audit: LevelVersion
  readonly warn: LevelVersion
}

export const labelPrefix = 'pod-security.kubernetes.io/'
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted']
export const privileged: LevelVersion = { level: 'privileged', minor: Infinity }
export const defaultPolicy: Policy = { enforce: privileged, audit: privileged, warn: privileged }

export const levelProblem = `must be one of ${levels.join(', ')}`
export const versionProblem = 'must be "latest" or "v1.x"'

export function readLevel(text: string): Level | undefined {
  return levels.find(level => level === text)
}

export function readVersion(text: string): number | undefined {
  if (text === 'latest') return Infinity
  const found = /^v1\.(\d|[1-9]\d*)$/.exec(text)
  return found === null ? undefined : Number(found[1])
}

export function levelVersionText({ level, minor }: LevelVersion): string {
  return `${level}:${minor === Infinity ? 'latest' : `v1.${minor}`}`
}

export function isSameLevelVersion(a: LevelVersion, b: LevelVersion): boolean {
  return a.level === b.level && a.minor === b.minor
}

/** Below, equal or above zero, by strictness. */
export function compareLevels(a: Level, b: Level): number {
  return levels.indexOf(a) - levels.indexOf(b)
}

export function isPrivileged({ enforce, audit, warn }: Policy): boolean {
  return [enforce, audit, warn].every(({ level }) => level === 'privileged')
}

export interface ReadPolicy {
  readonly policy: Policy
  readonly errors: readonly FieldError[]
}

export function policyOf(labels: Readonly<Record<string, string>> | undefined, defaults: Policy): ReadPolicy {
  if (labels === undefined || !Object.keys(labels).some(key => key.startsWith(labelPrefix))) return { policy: defaults, errors: [] }
  const errors: FieldError[] = []
  const read = (mode: 'enforce' | 'audit' | 'warn', fallback: LevelVersion): LevelVersion => {
    const levelLabel = `${labelPrefix}${mode}`
    const versionLabel = `${labelPrefix}${mode}-version`
    let { level, minor } = fallback
    if (labels[levelLabel] !== undefined) {
      const known = readLevel(labels[levelLabel])
      if (known === undefined) errors.push(invalid(`metadata.labels[${levelLabel}]`, labels[levelLabel], levelProblem))
      level = known ?? (mode === 'enforce' ? 'restricted' : 'privileged') // PS-P2
    }
    if (labels[versionLabel] !== undefined) {
      const known = readVersion(labels[versionLabel])
      if (known === undefined) errors.push(invalid(`metadata.labels[${versionLabel}]`, labels[versionLabel], versionProblem))
      minor = known ?? Infinity
    }
    return { level, minor }
  }
  const enforce = read('enforce', defaults.enforce)
  const audit = read('audit', defaults.audit)
  let warn = read('warn', defaults.warn)
  const isEnforceRead = readLevel(labels[`${labelPrefix}enforce`] ?? '') !== undefined
  if (labels[`${labelPrefix}warn`] === undefined && isEnforceRead && compareLevels(enforce.level, warn.level) > 0) { // PS-P3
    warn = { level: enforce.level, minor: labels[`${labelPrefix}warn-version`] === undefined ? enforce.minor : warn.minor }
  }
  return { policy: { enforce, audit, warn }, errors }
}
