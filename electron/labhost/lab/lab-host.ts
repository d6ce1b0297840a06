/**
 * All labs of one home folder, and what belongs to no single one: actions by id, port forwards, terminals, and the
 * notice that something changed.
 */
import { readdirSync } from 'node:fs'
import { type Clock, sleep } from '../../../agents/base/clock.ts'
import { type Log, errorText } from '../../../agents/base/log.ts'
import { orAborted } from '../../../agents/base/or-aborted.ts'
import type { LabSpec, LabState } from '../../contract/labs.ts'
import { Terminals } from '../terminals/terminals.ts'
import type { Action } from './action.ts'
import { Forwards } from './forwards.ts'
import { Lab, type LabDeps } from './lab.ts'
import { LabError } from './lab-error.ts'
import { LabStories } from './lab-stories.ts'
import { socketPathProblem } from './lab-files.ts'
import { documentOf, labDefaults, readLab } from './lab-spec.ts'

export type LabHostDeps = Omit<LabDeps, 'changed' | 'forgetStories'>

const actionsKept = 100
const tellEveryMs = 200

export class LabHost {
  readonly terminals: Terminals
  readonly forwards: Forwards
  readonly stories: LabStories
  readonly #deps: LabHostDeps
  readonly #labs = new Map<string, Lab>()
  readonly #actions = new Map<string, Action>()
  #changed = Promise.withResolvers<void>()

  constructor(deps: LabHostDeps) {
    this.#deps = deps
    this.terminals = new Terminals(deps.clock)
    this.forwards = new Forwards(deps.log)
    this.stories = new LabStories(deps.clock)
  }

  get clock(): Clock {
    return this.#deps.clock
  }

  get log(): Log {
    return this.#deps.log
  }

  get states(): readonly LabState[] {
    return [...this.#labs.values()].filter(lab => !lab.isAbsent).map(lab => lab.state)
  }

  /** Opens every lab on disk and takes over what is running. */
  async resume(): Promise<void> {
    const names = readNames(this.#deps.home.labsDir)
    await Promise.allSettled(
      names.map(async name => {
        const lab = Lab.open(name, this.#labDeps())
        if (lab === undefined) return
        this.#labs.set(name, lab)
        await lab.resume()
        if (lab.action?.state === 'running') this.#forgetWhenDeleted(lab, this.#remember(lab.action))
      }),
    ).then(results => {
      for (const result of results) if (result.status === 'rejected') this.log.error('lab could not be taken over', { error: errorText(result.reason) })
    })
    this.#tell()
  }

  lab(name: string): Lab {
    const lab = this.#labs.get(name)
    if (lab !== undefined && !lab.isAbsent) return lab
    const known = [...this.#labs.keys()]
    throw new LabError('not-found', `there is no lab "${name}"; ${known.length === 0 ? 'there are none yet. Make one with: kubarium up' : `the labs here are ${known.join(', ')}`}`)
  }

  up(spec: LabSpec): Action {
    const longest = spec.nodes.map(node => node.name).sort((a, b) => b.length - a.length)[0] ?? 'node-1'
    const problem = socketPathProblem(this.#deps.home, spec.name, longest)
    if (problem !== undefined) throw new LabError('invalid-argument', problem)
    let lab = this.#labs.get(spec.name)
    if (lab === undefined || lab.isAbsent) {
      lab = Lab.create(spec, this.#labDeps())
      this.#labs.set(spec.name, lab)
    }
    const made = lab
    const action = this.#remember(lab.up(spec))
    action.finished().catch(() => { this.#forgetAbsent(made) })
    return action
  }

  delete(name: string): Action {
    const lab = this.lab(name)
    this.terminals.closeLab(name)
    return this.#forgetWhenDeleted(lab, this.#remember(lab.delete()))
  }

  /** A second lab beside the first, from a checkpoint of the first. */
  branch(of: string, checkpoint: string, name: string): Action {
    const { shelf } = this.lab(of).checkpoints
    return this.#madeOf(name, { ...this.lab(of).spec, name }, `branch of ${of}`, async lab => (await lab.checkpoints.adopt(shelf, checkpoint)).name)
  }

  /** Into the lab, if there is one of that name; else a lab is made of it. */
  importCheckpoint(name: string, file: string, as: string | null): Action {
    const lab = this.#labs.get(name)
    if (lab !== undefined && !lab.isAbsent) return this.#remember(lab.checkpoints.import(file, as))
    return this.#madeOf(name, emptySpec(name), `import ${file}`, (made, action) => made.checkpoints.takeIn(file, as, action))
  }

  #madeOf(name: string, spec: LabSpec, purpose: string, take: (lab: Lab, action: Action) => Promise<string>): Action {
    const existing = this.#labs.get(name)
    if (existing !== undefined && !existing.isAbsent) throw new LabError('already-exists', `there is a lab "${name}" already; choose another name`)
    const { spec: checked, problems } = readLab(documentOf({ ...spec, nodes: [] }))
    if (checked === null) throw new LabError('invalid-argument', problems.map(problem => problem.message).join('; '))
    const problem = socketPathProblem(this.#deps.home, name, spec.nodes.map(node => node.name).sort((a, b) => b.length - a.length)[0] ?? 'node-1')
    if (problem !== undefined) throw new LabError('invalid-argument', problem)
    const lab = Lab.create(checked, this.#labDeps())
    this.#labs.set(name, lab)
    const action = this.#remember(lab.beginFrom(purpose, action => take(lab, action)))
    action.finished().catch(() => { this.#forgetAbsent(lab) })
    return action
  }

  run(action: Action): Action {
    return this.#remember(action)
  }

  action(id: string): Action {
    const action = this.#actions.get(id)
    if (action === undefined) throw new LabError('not-found', `there is no action ${id}; the lab host may have been started anew since`)
    return action
  }

  /** Whole state at once, then whenever anything changed, at most five times a second. */
  async *followStates(lab: string | null, signal: AbortSignal): AsyncGenerator<readonly LabState[]> {
    let before = ''
    while (!signal.aborted) {
      const states = this.states.filter(state => lab === null || state.spec.name === lab)
      const text = JSON.stringify(states)
      if (text !== before) {
        before = text
        yield states
      }
      const { promise } = this.#changed
      await sleep(this.clock, tellEveryMs, signal).catch(() => {})
      await orAborted(promise, signal)
    }
  }

  /** The lab host leaves; labs go on. */
  async release(): Promise<void> {
    this.terminals.closeAll()
    await this.forwards.closeAll()
    await Promise.allSettled([...this.#labs.values()].map(lab => lab.release()))
  }

  #forgetWhenDeleted(lab: Lab, action: Action): Action {
    action.finished().then(
      () => { this.#forgetAbsent(lab) },
      () => {},
    )
    return action
  }

  #forgetAbsent(lab: Lab): void {
    if (lab.isAbsent && this.#labs.get(lab.name) === lab) this.#labs.delete(lab.name)
    this.#tell()
  }

  #remember(action: Action): Action {
    this.#actions.set(action.id, action)
    for (const [id, old] of this.#actions) {
      if (this.#actions.size <= actionsKept) break
      if (old.state !== 'running') this.#actions.delete(id)
    }
    return action
  }

  #labDeps(): LabDeps {
    return { ...this.#deps, changed: () => { this.#tell() }, forgetStories: lab => { this.stories.forget(lab) } }
  }

  #tell(): void {
    const changed = this.#changed
    this.#changed = Promise.withResolvers()
    changed.resolve()
  }
}

/** Of a lab whose true one is in the checkpoint. */
function emptySpec(name: string): LabSpec {
  const { overlay, proxyMode, networks } = labDefaults
  return { name, nodes: [], overlay, proxyMode, apiServers: 1, etcd: 'embedded', networks }
}

function readNames(folder: string): readonly string[] {
  try {
    return readdirSync(folder, { withFileTypes: true }).filter(entry => entry.isDirectory()).map(entry => entry.name)
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return []
    throw error
  }
}
