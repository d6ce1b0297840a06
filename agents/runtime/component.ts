/**
 * The life of a component's process.
 *
 *   CP1  A wrong command line is one line on stderr and exit 2, also when `start` finds it wrong (UsageError); --help and --version answer on stdout and exit 0.
 *   CP2  Logs are JSON lines on stderr, and the first names the version and the flags given.
 *   CP3  SIGTERM or SIGINT ends the component's Lifetime and exits 0; if that outlasts the deadline, exit 1. A second signal exits at once.
 *   CP4  A failed start, an uncaught error and an unhandled rejection are logged and exit 1: a supervisor starts us afresh.
 *   CP5  Memory is given back when there is little to do (idle-memory.ts).
 *   CP7  Its spans are recorded while somebody reads them (span-feed.ts).
 *   CP8  Faults can be injected only where the command line says so (fault-api.ts); then its wall clock is one that they can set.
 *   CP9  Its --v can be changed while it runs (verbosity.ts).
 *   CP6  Where the environment says so it stands by first, and gets its command line then (see standby.ts).
 */
import { hostname } from 'node:os'
import type { Clock } from '../base/clock.ts'
import { faultPoints } from '../base/fault-points.ts'
import { Lifetime } from '../base/lifetime.ts'
import type { Log } from '../base/log.ts'
import type { Random } from '../base/random.ts'
import { standbyVariable } from '../base/standby.ts'
import { FaultApi } from './fault-api.ts'
import { faultyClock } from './fault-clock.ts'
import { defineFlags, flagsText, parseFlags, UsageError } from './flags.ts'
import type { FlagSpecs, FlagValues } from './flags.ts'
import { HealthChecks } from './health.ts'
import { keepMemoryLow } from './idle-memory.ts'
import { Inspections } from './inspections.ts'
import type { Inspection } from './inspections.ts'
import { createJsonLog } from './json-log.ts'
import { createPrometheusMetrics } from './prometheus-metrics.ts'
import type { PrometheusMetrics } from './prometheus-metrics.ts'
import { standBy } from './standby.ts'
import { SpanFeed, spanSubject } from './span-feed.ts'
import { Verbosity, verbositySubject } from './verbosity.ts'
import { systemClock, systemRandom } from './system.ts'

export const componentVersion = 'v1.36.0+kubarium.0.1.0'

/** Of every component. */
export const commonFlags = defineFlags({
  v: { type: 'number', default: 2, help: 'Log verbosity; 4 and above adds debug lines.' },
  vmodule: { type: 'string', ignored: true, help: 'Per-file verbosity.' },
  'logging-format': { type: 'string', ignored: true, help: 'Logs are always JSON.' },
  'fault-injection-token-file': { type: 'string', help: 'Lets who brings the token of this file make things go wrong on purpose, at /debug/faults. Not for clusters that matter.' },
  help: { type: 'boolean', default: false, help: 'Show this text.' },
  version: { type: 'boolean', default: false, help: 'Show the version.' },
})

export interface ComponentContext<S extends FlagSpecs> {
  readonly name: string
  readonly flags: FlagValues<S>
  readonly log: Log
  readonly clock: Clock
  readonly random: Random
  /** Ends when the process is asked to. Own here whatever must end. */
  readonly lifetime: Lifetime
  readonly metrics: PrometheusMetrics
  readonly health: HealthChecks
  readonly inspections: Inspections
  /** Only where faults may be injected. */
  readonly faults?: FaultApi
  /** --v, as it is now. */
  readonly verbosity: Verbosity
  inspect(subject: string, read: Inspection): Disposable
  /** Ends the process in order; with an error it is logged and the exit status is 1. */
  stop(error?: Error): void
}

export interface ComponentSpec<S extends FlagSpecs> {
  readonly name: string
  readonly flags: S
  /** Returns once the component has started; it goes on until its lifetime ends. */
  start(context: ComponentContext<S>): Promise<void> | void
  /** How long an orderly end may take. Default 10 s. */
  readonly shutdownMs?: number
}

export async function runComponent<S extends FlagSpecs>(spec: ComponentSpec<S>): Promise<void> {
  process.stderr.on('error', () => {}) // a log reader that has gone must not take us along
  const { values, given } = readCommandLine(spec, await commandLine(spec))
  const verbosity = new Verbosity(values.v)
  const log = logOf(spec, verbosity)
  const lifetime = new Lifetime()
  const health = new HealthChecks()
  const inspections = new Inspections()
  const end = createEnd(spec, log, lifetime, health)

  process.on('SIGTERM', () => { end(0, { signal: 'SIGTERM' }) })
  process.on('SIGINT', () => { end(0, { signal: 'SIGINT' }) })
  process.on('uncaughtException', error => {
    log.error('uncaught error', { error })
    process.exit(1)
  })
  process.on('unhandledRejection', reason => {
    if (lifetime.isOver && reason instanceof Error && (reason.name === 'AbortError' || reason === lifetime.signal.reason)) return
    log.error('unhandled rejection', { error: reason })
    process.exit(1)
  })

  const ignored = given.filter(name => spec.flags[name]?.ignored === true)
  log.info('component started', { version: componentVersion, pid: process.pid, node: process.version, flags: Object.fromEntries(given.map(name => [name, (values as Record<string, unknown>)[name]])), ...(ignored.length > 0 ? { withoutEffect: ignored } : {}) })
  // Lifetime's signal has no other holder until start returns: keep the loop alive until the end.
  const alive = setInterval(() => {}, 1 << 30)
  lifetime.onEnd(() => { clearInterval(alive) })
  lifetime.own(keepMemoryLow(systemClock)) // CP5
  const spanFeed = lifetime.own(new SpanFeed({ resource: { 'service.name': spec.name, 'service.version': componentVersion, 'host.name': hostname() }, clock: systemClock })) // CP7
  inspections.add(verbositySubject, () => ({ level: verbosity.level }))
  inspections.add(spanSubject, cursor => spanFeed.read(cursor))
  const tokenFile = values['fault-injection-token-file'] ?? process.env['FAULT_INJECTION_TOKEN_FILE'] // a pod's image may be older than what starts it, and know no such flag
  if (tokenFile !== undefined) lifetime.own(faultPoints.begin({ clock: systemClock, random: systemRandom, crash: () => { process.kill(process.pid, 'SIGKILL') } })) // CP8
  try {
    await spec.start({
      name: spec.name,
      flags: values,
      ...(tokenFile === undefined ? {} : { faults: new FaultApi({ points: faultPoints, tokenFile, clock: systemClock, log }) }),
      log, clock: tokenFile === undefined ? systemClock : faultyClock(systemClock), random: systemRandom, lifetime, health, inspections, verbosity,
      metrics: createPrometheusMetrics(spec.name, componentVersion),
      inspect: (subject, read) => inspections.add(subject, read),
      stop: error => {
        if (error !== undefined) log.error('component failed', { error })
        end(error === undefined ? 0 : 1, {})
      },
    })
  } catch (error) {
    if (lifetime.isOver) return
    if (error instanceof UsageError) refuse(spec.name, error)
    log.error('component could not start', { error: error instanceof Error ? error.message : String(error), stack: error instanceof Error ? error.stack : undefined })
    end(1, {})
  }
}

type Values<S extends FlagSpecs> = FlagValues<S> & FlagValues<typeof commonFlags>

function logOf(spec: { readonly name: string }, verbosity: Verbosity): Log {
  return createJsonLog({ component: spec.name, clock: systemClock, write: line => { process.stderr.write(`${line}\n`) }, level: () => verbosity.logLevel })
}

/** CP6 */
async function commandLine<S extends FlagSpecs>(spec: ComponentSpec<S>): Promise<readonly string[]> {
  const standby = process.env[standbyVariable]
  if (standby === undefined) return process.argv.slice(2)
  const ignore = (): void => {}
  process.on('unhandledRejection', ignore) // of a rehearsal that is over
  const words = await standBy(standby, systemClock.now, (play, enough) => rehearse(spec, play, enough))
  process.off('unhandledRejection', ignore)
  if (words === undefined) refuse(spec.name, new Error('its random state may be that of another process, since the clock has not moved on while it stood by; it is started afresh'))
  return words
}

/** The component's whole start and end, within a process that will start it once more. */
async function rehearse<S extends FlagSpecs>(spec: ComponentSpec<S>, words: readonly string[], enough: Promise<void>): Promise<void> {
  const verbosity = new Verbosity(0)
  const log = logOf(spec, verbosity).with({ rehearsal: true })
  const lifetime = new Lifetime()
  const inspections = new Inspections()
  try {
    await spec.start({
      name: spec.name, flags: readCommandLine(spec, words).values, log, clock: systemClock, random: systemRandom, lifetime,
      health: new HealthChecks(), inspections, verbosity, metrics: createPrometheusMetrics(spec.name, componentVersion),
      inspect: (subject, read) => inspections.add(subject, read),
      stop: ignored => { log.warn('component failed', { error: ignored }) },
    })
    await enough
  } catch (error) {
    log.warn('component could not start', { error: error instanceof Error ? error.message : String(error) })
  }
  await lifetime.end(new DOMException('the rehearsal is over', 'AbortError')).catch((error: unknown) => { log.warn('component did not stop cleanly', { error }) })
}

function readCommandLine<S extends FlagSpecs>(spec: ComponentSpec<S>, argv: readonly string[]): { values: Values<S>; given: readonly string[] } {
  const specs: FlagSpecs = { ...commonFlags, ...spec.flags }
  try {
    if (argv.includes('--help') || argv.includes('-h')) {
      process.stdout.write(`Usage: ${spec.name} [flags]\n\n${flagsText(specs)}\n`)
      process.exit(0)
    }
    if (argv.includes('--version')) {
      process.stdout.write(`Kubernetes ${componentVersion}\n`)
      process.exit(0)
    }
    const { values, given } = parseFlags(specs, argv)
    return { values: values as unknown as Values<S>, given }
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    refuse(spec.name, error)
  }
}

function refuse(name: string, error: Error): never {
  process.stderr.write(`${name}: ${error.message}\n`) // CP1
  process.exit(2)
}

function createEnd(spec: { readonly name: string; readonly shutdownMs?: number }, log: Log, lifetime: Lifetime, health: HealthChecks): (code: number, fields: Record<string, unknown>) => void {
  let ending = false
  return (code, fields) => {
    if (ending) {
      if ('signal' in fields) process.exit(1) // CP3
      return
    }
    ending = true
    health.becomeShuttingDown()
    log.info('component stopping', fields)
    setTimeout(() => {
      log.error('component did not stop in time')
      process.exit(1)
    }, spec.shutdownMs ?? 10_000).unref()
    lifetime.end(new DOMException('the component is stopping', 'AbortError')).then(
      () => {
        log.info('component stopped')
        process.exit(code)
      },
      (error: unknown) => {
        log.error('component did not stop cleanly', { error })
        process.exit(1)
      },
    )
  }
}
