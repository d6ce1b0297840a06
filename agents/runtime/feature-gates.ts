/**
 * --feature-gates "A=true,B=false". Upstream: component-base/featuregate.
 *
 *   FG1  A gate that Kubernetes 1.36 does not know is refused, as is the change of one that is locked, in upstream's words.
 *   FG2  What is as it is by default is accepted. Another value is accepted where this program heeds the gate; else it is refused
 *        by name, since its feature would stay as it is.
 *   FG3  The metric kubernetes_feature_enabled tells stage and state of every gate.
 */
import type { Metrics } from '../machinery/metrics.ts'
import { UsageError } from './flags.ts'
import { knownGates, type KnownGates } from './known-feature-gates.ts'

const flag = '--feature-gates'
const truths: Readonly<Record<string, boolean>> = { 1: true, t: true, T: true, TRUE: true, true: true, True: true, 0: false, f: false, F: false, FALSE: false, false: false, False: false }
const known = new Map<string, KnownGates>(knownGates.flatMap(group => group.names.map(name => [name, group] as const)))

/** State of every gate. `heeded`: those that change what this program does. */
export function readFeatureGates(text: string, heeded: readonly string[] = []): ReadonlyMap<string, boolean> {
  const gates = new Map([...known].map(([name, { isOn }]) => [name, isOn]))
  for (const part of text.split(',').filter(each => each.trim() !== '')) {
    const [name = '', ...values] = part.trim().split('=')
    const value = values.join('=').trim()
    if (values.length === 0) throw new UsageError(`${flag}: missing bool value for ${name}`)
    const group = known.get(name)
    if (group === undefined) throw new UsageError(`${flag}: unrecognized feature gate: ${name}`) // FG1
    const wanted = Object.hasOwn(truths, value) ? truths[value] : undefined
    if (wanted === undefined) throw new UsageError(`${flag}: invalid value of ${name}=${value}, err: strconv.ParseBool: parsing ${JSON.stringify(value)}: invalid syntax`)
    if (wanted !== group.isOn && group.isLocked) throw new UsageError(`${flag}: cannot set feature gate ${name} to ${wanted}, feature is locked to ${group.isOn}`)
    if (wanted !== group.isOn && !heeded.includes(name)) throw new UsageError(`${flag}: ${name}=${wanted} is not supported: this program has the features that are on by default in Kubernetes 1.36${heeded.length === 0 ? '' : `, and heeds ${heeded.join(', ')}`}`) // FG2
    gates.set(name, wanted)
  }
  return gates
}

/** FG3 */
export function tellFeatureGates(metrics: Metrics, gates: ReadonlyMap<string, boolean>): void {
  const states = [...gates].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, isOn]) => ({ labels: { name, stage: known.get(name)?.stage ?? '' }, value: isOn ? 1 : 0 }))
  metrics.observed({ name: 'kubernetes_feature_enabled', help: 'This metric records the data about the stage and enablement of a k8s feature.', labels: ['name', 'stage'] }, () => states)
}
