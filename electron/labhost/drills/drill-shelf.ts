/** The drills that come with Kubarium: every YAML file of a folder, read when first asked for. */
import { readFileSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Drill } from './drill.ts'
import { FaultError } from './fault-error.ts'
import { readDrillFile } from './reading/read-drill.ts'

export class DrillShelf {
  readonly #folder: string
  #drills: readonly Drill[] | undefined

  constructor(folder: string) {
    this.#folder = folder
  }

  /** By name. */
  get drills(): readonly Drill[] {
    this.#drills ??= readdirSync(this.#folder)
      .filter(file => file.endsWith('.yaml'))
      .toSorted()
      .map(file => readDrillFile(readFileSync(join(this.#folder, file), 'utf8'), file))
    return this.#drills
  }

  find(name: string): Drill {
    const drill = this.drills.find(candidate => candidate.name === name)
    if (drill === undefined) throw new FaultError('not-found', `there is no drill "${name}"; \`kubarium drill list\` shows them, and --file reads one of your own`)
    return drill
  }
}
