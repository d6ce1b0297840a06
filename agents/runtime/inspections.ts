/** What a component can tell about itself: subjects by name, each read when somebody asks. */
export type Inspection = (rest: string | undefined) => unknown

export class Inspections {
  readonly #subjects = new Map<string, Inspection>()

  /** A path below the subject ("queue/default/web") is given to `read` as its rest. */
  add(subject: string, read: Inspection): Disposable {
    this.#subjects.set(subject, read)
    return { [Symbol.dispose]: () => void this.#subjects.delete(subject) }
  }

  /** Without a path, the names of all subjects. Undefined: no such subject. */
  async read(path: string | undefined): Promise<{ readonly value: unknown } | undefined> {
    if (path === undefined || path === '') return { value: { subjects: [...this.#subjects.keys()].sort() } }
    const exact = this.#subjects.get(path)
    if (exact !== undefined) return { value: await exact(undefined) }
    const slash = path.indexOf('/')
    const read = slash < 0 ? undefined : this.#subjects.get(path.slice(0, slash))
    return read === undefined ? undefined : { value: await read(path.slice(slash + 1)) }
  }
}
