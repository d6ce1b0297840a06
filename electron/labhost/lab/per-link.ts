/** Facts about a machine that hold only while the line to it stays up: a machine that rebooted has lost them. */
import type { SshLink } from '../provision/ssh-link.ts'

export class PerLink<T> {
  readonly #known = new Map<string, { readonly link: SshLink; readonly fact: T; readonly listener: Disposable }>()

  get(name: string, link: SshLink): T | undefined {
    const known = this.#known.get(name)
    return known?.link === link ? known.fact : undefined
  }

  set(name: string, link: SshLink, fact: T): void {
    this.forget(name)
    const listener = link.onState(({ phase }) => {
      if (phase !== 'up') this.forget(name)
    })
    this.#known.set(name, { link, fact, listener })
  }

  forget(name: string): void {
    this.#known.get(name)?.listener[Symbol.dispose]()
    this.#known.delete(name)
  }
}
