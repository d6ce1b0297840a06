/**
 * The table of a controller manager: every controller by its upstream name, and which of them --controllers selects.
 * Upstream: k8s.io/controller-manager app (IsControllerEnabled).
 *
 *   KL1  --controllers: "*" means all that are on by default, "name" switches one on, "-name" switches it off; of several
 *        words about one the first counts, wherever "*" stands.
 *   KL2  A name that nobody has is refused; an upstream name that is not built here yet is refused by that reason.
 *   KL3  Names from before 1.28 mean what they meant: kubeadm still says "bootstrapsigner".
 *   KL4  A name that upstream's component still knows, but whose work is another component's by now, is accepted and does nothing.
 */
import type { Controller } from '../../machinery/controller.ts'

export interface ControllerEntry<Config> {
  readonly name: string
  /** Its name before 1.28 (KL3). */
  readonly alias?: string
  /** In kube-system; undefined acts as the controller manager itself. */
  readonly serviceAccount: string | undefined
  /** What its events are from; its name if not given. */
  readonly eventSource?: string
  readonly isOffByDefault?: true
  /** Undefined: the configuration leaves it nothing to do. */
  readonly create: (config: Config) => Controller | Controller[] | undefined
}

export interface ControllerTable<Config> {
  /** Name of the component, for messages. */
  readonly component: string
  readonly entries: readonly ControllerEntry<Config>[]
  /** Names that are accepted and do nothing (KL4), their older ones too. */
  readonly elsewhere?: ReadonlySet<string>
  /** Upstream's names that are not built here. */
  readonly notBuilt: ReadonlySet<string>
}

/** Throws what is wrong with the selection. */
export function selectControllers<Config>(selection: readonly string[], { component, entries, notBuilt, elsewhere = new Set() }: ControllerTable<Config>): readonly ControllerEntry<Config>[] {
  const names = new Map(entries.flatMap(({ name, alias = name }) => [[name, name], [alias, name]] as const)) // KL3
  const words = selection.map(word => ({ isOff: word.startsWith('-'), name: word.replace(/^-/, '') }))
  for (const { isOff, name } of words) {
    if (name === '*' || names.has(name) || elsewhere.has(name)) continue
    if (!notBuilt.has(name)) throw new Error(`--controllers: "${name}" is not in the list of known controllers`) // KL2
    if (!isOff) throw new Error(`--controllers: "${name}" is not supported by this ${component}`)
  }
  return entries.filter(({ name, isOffByDefault }) => {
    const first = words.find(word => names.get(word.name) === name) // KL1
    return first === undefined ? isOffByDefault !== true && selection.includes('*') : !first.isOff
  })
}
