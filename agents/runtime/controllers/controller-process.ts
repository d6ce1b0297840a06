/**
 * The process of a controller manager: runs the selected controllers while it leads. Upstream: controller-manager app.
 *
 *   KM1  The secure port is open before the lease is asked for: it proves that no other process of this identity lives,
 *        so that a restarted leader takes its own lease up at once.
 *   KM2  One informer a type serves all controllers. Nothing is listed or watched before the lease is held.
 *   KM3  Leading, and losing it, is as in ../leading.ts.
 *   KM4  readyz tells whether the process can lead, livez whether it is alive; a controller that ends by itself ends the process.
 *   KM6  /debug/inspect/<name> tells of a controller; /debug/inspect/<name>/<key> what it would do with that object now, and why.
 *   KM5  POST /debug/controllers/<name>/pause, /resume and /step hold one controller, let it go, or let one key through.
 */
import { readFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { createCaches } from '../../machinery/caches.ts'
import type { Client } from '../../machinery/client.ts'
import { createClient } from '../../machinery/client.ts'
import type { ControllerDeps } from '../../machinery/controller.ts'
import { ControllerRunner } from '../../machinery/controller.ts'
import { EventRecorder } from '../../machinery/events.ts'
import { Informers } from '../../machinery/informers.ts'
import { componentVersion } from '../component.ts'
import type { ComponentContext } from '../component.ts'
import type { ExtraPath } from '../debug-server.ts'
import { serveSecure } from '../debug-server.ts'
import { readFeatureGates, tellFeatureGates } from '../feature-gates.ts'
import { UsageError } from '../flags.ts'
import { createHttpTransport } from '../http-transport.ts'
import type { ServerCredentials } from '../kubeconfig.ts'
import { readKubeconfig } from '../kubeconfig.ts'
import { steering } from '../steering.ts'
import { defaultElection, electionFrom, leadOrFollow } from '../leading.ts'
import type { ControllerEntry, ControllerTable } from './controller-entry.ts'
import { selectControllers } from './controller-entry.ts'
import type { controllerFlags } from './controller-flags.ts'
import { createServiceAccountClient } from './service-account-client.ts'

type Context = ComponentContext<ReturnType<typeof controllerFlags>>

/** Starts the controllers of the table that --controllers selects; returns once the process is a candidate. */
export async function startControllers<Config>(context: Context, table: ControllerTable<Config>, config: Config): Promise<void> {
  const { flags, clock, lifetime } = context
  tellFeatureGates(context.metrics, readFeatureGates(flags['feature-gates']))
  const entries = selected(flags.controllers, table)
  const transport = lifetime.own(createHttpTransport(readKubeconfig(flags.kubeconfig), { metrics: context.metrics }))
  const clientFor = (role: string): Client => createClient(transport, { userAgent: userAgent(context, role), clock })
  /** Those that run now, for pausing and stepping. */
  const runners = new Map<string, ControllerRunner>()
  await servePort(context, steering(runners))

  leadOrFollow(context, {
    client: clientFor('leader-election'), identity: `${hostname()}_${flags['secure-port']}`, // KM1
    ...electionFrom(flags, defaultElection(flags['leader-elect-resource-name'])),
    lead: signal => runControllers(context, entries, config, clientFor('controllers'), runners, signal),
  })
}

async function runControllers<Config>(context: Context, entries: readonly ControllerEntry<Config>[], config: Config, client: Client, runners: Map<string, ControllerRunner>, signal: AbortSignal): Promise<void> {
  const { clock, random, log, metrics } = context
  const informers = new Informers({ client, clock, log, random }) // KM2
  const cache = createCaches(informers)
  const anonymous = context.flags['use-service-account-credentials'] ? createHttpTransport(withoutIdentity(readKubeconfig(context.flags.kubeconfig)), { metrics }) : undefined
  const running: Promise<void>[] = []
  runners.clear()
  const started: string[] = []
  for (const entry of entries) {
    const made = entry.create(config)
    if (made === undefined) continue
    const actor = anonymous === undefined || entry.serviceAccount === undefined ? client : createServiceAccountClient(entry.serviceAccount, userAgent(context, `system:serviceaccount:kube-system:${entry.serviceAccount}`), { owner: client, anonymous, clock })
    const events = new EventRecorder({ client: actor, clock, component: entry.eventSource ?? entry.name, log, signal })
    const deps: ControllerDeps = { client: actor, cache, informers, events, clock, random, log, metrics }
    started.push(entry.name)
    for (const one of [made].flat()) {
      const runner = new ControllerRunner(one, deps)
      runners.set(one.name, runner)
      context.inspect(one.name, key => (key === undefined ? runner.state : runner.intention(key))) // KM6
      running.push(guarded(context, one.name, runner.run(signal), signal))
    }
  }
  context.inspect('informers', () => informers.states)
  informers.start(signal)
  log.info('controllers started', { controllers: started })
  informers.synced(signal).then(() => { log.info('informers synced', { types: informers.states.length }) }, () => {})
  await Promise.all(running)
  anonymous?.[Symbol.dispose]()
}

async function guarded(context: Context, name: string, run: Promise<void>, signal: AbortSignal): Promise<void> {
  try {
    await run
    if (!signal.aborted) context.stop(new Error(`controller ${name} ended by itself`)) // KM4
  } catch (error) {
    if (!signal.aborted) context.stop(error as Error)
  }
}

async function servePort(context: Context, extra: ExtraPath): Promise<void> {
  const { flags, lifetime } = context
  if (flags['secure-port'] === 0) return
  const cert = flags['tls-cert-file']
  const key = flags['tls-private-key-file']
  if (cert === undefined || key === undefined) throw new UsageError('--secure-port needs --tls-cert-file and --tls-private-key-file (or --secure-port=0)')
  const clientCa = flags['client-ca-file']
  lifetime.own(await serveSecure(context, {
    address: flags['bind-address'], port: flags['secure-port'], cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8'),
    ...(clientCa === undefined ? {} : { clientCa: readFileSync(clientCa, 'utf8') }),
    extra,
  }))
}

function selected<Config>(names: readonly string[], table: ControllerTable<Config>): readonly ControllerEntry<Config>[] {
  try {
    return selectControllers(names, table)
  } catch (error) {
    throw new UsageError((error as Error).message)
  }
}

function userAgent({ name }: Context, role: string): string {
  return `${name}/${componentVersion} (${process.platform}/${process.arch}) kubernetes/kubarium/${role}`
}

function withoutIdentity(credentials: ServerCredentials): ServerCredentials {
  const { clientCert: _cert, clientKey: _key, token: _token, tokenFile: _file, ...rest } = credentials
  return rest
}
