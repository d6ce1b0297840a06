/**
 * Health of a process, answered as upstream answers it.
 *
 *   HC1  /healthz, /livez and /readyz run their checks; any failure is 500 and lists every check.
 *   HC2  "?verbose" lists the checks of a healthy answer too; "?exclude=name" leaves one out; /readyz/<name> runs one.
 *   HC3  A process that is shutting down is alive but not ready.
 */

/** Returns why it is not healthy, or undefined. A throw counts as a reason. */
export type HealthCheck = () => string | undefined | Promise<string | undefined>
export type HealthPath = 'healthz' | 'livez' | 'readyz'

interface NamedCheck {
  readonly name: string
  readonly check: HealthCheck
  readonly paths: readonly HealthPath[]
}

const everyPath: readonly HealthPath[] = ['healthz', 'livez', 'readyz']

export interface HealthAnswer {
  readonly status: 200 | 404 | 500
  readonly body: string
}

export class HealthChecks {
  readonly #checks: NamedCheck[] = [{ name: 'ping', check: () => undefined, paths: everyPath }]
  #shuttingDown = false

  /** Without `paths` the check counts everywhere. */
  add(name: string, check: HealthCheck, paths: readonly HealthPath[] = everyPath): Disposable {
    const entry: NamedCheck = { name, check, paths }
    this.#checks.push(entry)
    return { [Symbol.dispose]: () => { this.#checks.splice(this.#checks.indexOf(entry), 1) } }
  }

  becomeShuttingDown(): void {
    this.#shuttingDown = true
  }

  /** Names of the checks that count for a path. */
  names(path: HealthPath): string[] {
    return [...this.#checks.filter(({ paths }) => paths.includes(path)).map(({ name }) => name), ...(path === 'readyz' ? ['shutdown'] : [])]
  }

  async answer(path: HealthPath, options: { readonly verbose?: boolean; readonly exclude?: readonly string[]; readonly only?: string } = {}): Promise<HealthAnswer> {
    const shutdown: NamedCheck = { name: 'shutdown', check: () => (this.#shuttingDown ? 'process is shutting down' : undefined), paths: ['readyz'] } // HC3
    const wanted = [...this.#checks, shutdown].filter(({ paths, name }) =>
      paths.includes(path) && options.exclude?.includes(name) !== true && (options.only === undefined || options.only === name))
    if (wanted.length === 0) return { status: 404, body: '404 page not found\n' }
    const results = await Promise.all(wanted.map(async ({ name, check }) => ({ name, reason: await reasonOf(check) })))
    const failed = results.filter(result => result.reason !== undefined)
    const lines = results.map(({ name, reason }) => (reason === undefined ? `[+]${name} ok` : `[-]${name} failed: ${reason}`))
    if (failed.length > 0) return { status: 500, body: `${lines.join('\n')}\n${path} check failed\n` } // HC1
    return { status: 200, body: options.verbose === true ? `${lines.join('\n')}\n${path} check passed\n` : 'ok' } // HC2
  }
}

async function reasonOf(check: HealthCheck): Promise<string | undefined> {
  try {
    return await check()
  } catch (error) {
    return error instanceof Error ? error.message : String(error)
  }
}
