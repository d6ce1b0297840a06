/** Names of components: `etcd` is on the desktop, `kubelet@node-1` on a node. */
import type { ComponentPhase, ComponentState } from '../../electron/contract/labs.ts'

/** From well to worst; a component that is stopped with its lab troubles nobody. */
const severity: readonly ComponentPhase[] = ['ready', 'stopped', 'starting', 'paused', 'unready', 'crashed']

export function baseName(name: string): string {
  return name.split('@')[0]!
}

/** A component itself, one of its numbered siblings (kube-apiserver-2), or the one of a node. */
export function isInstance(name: string, base: string): boolean {
  return baseName(name) === base || new RegExp(`^${base}-\\d+$`).test(name)
}

export function instancesOf(components: readonly ComponentState[], base: string): readonly ComponentState[] {
  return components.filter(({ name }) => isInstance(name, base))
}

/** Of all instances the phase that most wants to be looked at; null where there is none. */
export function worstPhase(components: readonly ComponentState[], base: string): ComponentPhase | null {
  const phases = instancesOf(components, base).map(({ phase }) => phase)
  return phases.length === 0 ? null : phases.reduce((worst, phase) => (severity.indexOf(phase) > severity.indexOf(worst) ? phase : worst))
}
