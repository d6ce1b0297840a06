/** Paths outside the API groups: health, version, metrics, OpenAPI, token issuer documents, inspection. */
import type { Metrics } from '../../../machinery/metrics.ts'
import { type HealthChecks, type HealthPath, type Verbosity, verbosityPath } from '../../../runtime/index.ts'
import type { ServiceAccountTokens } from '../access/service-account-tokens.ts'
import type { OpenApi } from '../discovery/open-api.ts'
import { dumpPaths } from '../flow/flow-dumps.ts'
import { serveFlagz, serveStatusz } from '../inspection/zpages.ts'
import type { ServerStatus } from '../inspection/zpages.ts'
import { methodNotAllowed, noSuchPath } from '../http/api-error.ts'
import type { Exchange } from '../http/exchange.ts'
import { jsonType } from '../http/negotiation.ts'

export interface PathDeps {
  readonly health: HealthChecks
  readonly metrics: Metrics & { text(): Promise<string>; readonly registry: { readonly contentType: string } }
  readonly version: string
  readonly tokens: ServiceAccountTokens | undefined
  readonly openApi: OpenApi
  readonly inspect: (path: string | undefined) => Promise<{ readonly value: unknown } | undefined>
  readonly verbosity: Verbosity
  /** The text table of that name, of priority and fairness. */
  readonly flowDump: ((name: string, query: URLSearchParams) => string | undefined) | undefined
  readonly startedMs: number
  /** Every flag with its value, for /flagz. */
  readonly flags: Readonly<Record<string, string>>
  readonly externalAddress: () => string
  /** Of API groups and their versions. */
  readonly groupPaths: () => readonly string[]
}

const rootPaths = ['/.well-known/openid-configuration', '/debug/inspect', '/flagz', '/healthz', '/livez', '/metrics', '/openapi/v2', '/openapi/v3', '/openapi/v3/', '/openid/v1/jwks', '/readyz', '/statusz', '/version']
const plainText = 'text/plain; charset=utf-8'

export function createPathHandlers(deps: PathDeps): (exchange: Exchange) => Promise<boolean> {
  return async exchange => {
    const { path } = exchange
    const health = /^\/(healthz|livez|readyz)(?:\/(.+))?$/.exec(path)
    if (health !== null) await serveHealth(exchange, deps, health[1] as HealthPath, health[2])
    else if (path === '/version' || path === '/version/') await exchange.send(200, jsonType, JSON.stringify(versionDocument(deps.version), null, 2))
    else if (path === '/statusz') await serveStatusz(exchange, statusOf(deps))
    else if (path === '/flagz') await serveFlagz(exchange, deps.flags)
    else if (path === '/metrics') await exchange.send(200, deps.metrics.registry.contentType, await deps.metrics.text())
    else if (path === '/openapi/v2' || path === '/openapi/v3' || path.startsWith('/openapi/v3/')) await deps.openApi.serve(exchange)
    else if ((path === '/.well-known/openid-configuration' || path === '/.well-known/openid-configuration/')) await serveIssuer(exchange, deps)
    else if (path === '/openid/v1/jwks' || path === '/openid/v1/jwks/') await serveKeys(exchange, deps)
    else if (path.startsWith(dumpPaths)) await serveFlowDump(exchange, deps)
    else if (path.startsWith('/debug/inspect')) await serveInspection(exchange, deps)
    else if (path === verbosityPath) await serveVerbosity(exchange, deps)
    else if (path === '/') await exchange.send(200, jsonType, JSON.stringify({ paths: allPaths(deps) }, null, 2))
    else return false
    return true
  }
}

async function serveHealth(exchange: Exchange, deps: PathDeps, path: HealthPath, only: string | undefined): Promise<void> {
  if (exchange.method !== 'GET' && exchange.method !== 'HEAD') throw methodNotAllowed()
  const answer = await deps.health.answer(path, {
    verbose: exchange.query.has('verbose'),
    exclude: exchange.query.getAll('exclude'),
    ...(only === undefined ? {} : { only }),
  })
  const body = answer.status === 500 ? answer.body.replace(/^(\[-\]\S+ failed: ).*$/gm, '$1reason withheld') : answer.body // anybody may ask
  await exchange.send(answer.status, plainText, body, { 'x-content-type-options': 'nosniff' })
}

function allPaths({ groupPaths, health }: PathDeps): string[] {
  const checks = (['healthz', 'livez', 'readyz'] as const).flatMap(path => health.names(path).map(name => `/${path}/${name}`))
  return [...rootPaths, ...groupPaths(), ...checks].sort()
}

function statusOf({ version, startedMs }: PathDeps): ServerStatus {
  const { major, minor, goVersion } = versionDocument(version)
  const debugging = rootPaths.map(path => `/${path.split('/')[1]!}`).filter(path => !['/.well-known', '/openapi', '/openid'].includes(path))
  return { startedMs, goVersion, binaryVersion: `${major}.${minor}`, emulationVersion: `${major}.${minor}`, paths: [...new Set(debugging)].sort() }
}

function versionDocument(gitVersion: string) {
  const [, major = '1', minor = '36'] = /^v(\d+)\.(\d+)/.exec(gitVersion) ?? []
  return {
    major, minor, emulationMajor: major, emulationMinor: minor, minCompatibilityMajor: major, minCompatibilityMinor: String(Number(minor) - 1),
    gitVersion, gitCommit: '0000000000000000000000000000000000000000', gitTreeState: 'clean', buildDate: '2026-11-20T00:00:00Z', goVersion: 'go1.26.0', compiler: 'gc',
    platform: `linux/${process.arch === 'x64' ? 'amd64' : process.arch}`,
  }
}

async function serveIssuer(exchange: Exchange, { tokens, externalAddress }: PathDeps): Promise<void> {
  if (tokens === undefined) throw noSuchPath()
  const document = { issuer: tokens.issuer, jwks_uri: tokens.jwksUri === '' ? `https://${externalAddress()}/openid/v1/jwks` : tokens.jwksUri, response_types_supported: ['id_token'], subject_types_supported: ['public'], id_token_signing_alg_values_supported: tokens.keys.algorithms }
  exchange.headers['cache-control'] = 'public, max-age=3600'
  await exchange.send(200, jsonType, JSON.stringify(document))
}

async function serveKeys(exchange: Exchange, { tokens }: PathDeps): Promise<void> {
  if (tokens === undefined) throw noSuchPath()
  exchange.headers['cache-control'] = 'public, max-age=3600'
  await exchange.send(200, 'application/jwk-set+json', JSON.stringify(tokens.keys.jwks()))
}

async function serveFlowDump(exchange: Exchange, { flowDump }: PathDeps): Promise<void> {
  const table = flowDump?.(exchange.path.slice(dumpPaths.length), exchange.query)
  if (table === undefined) throw noSuchPath()
  await exchange.send(200, plainText, table)
}

async function serveVerbosity(exchange: Exchange, { verbosity }: PathDeps): Promise<void> {
  if (exchange.method !== 'PUT') throw methodNotAllowed()
  const reply = verbosity.set((await exchange.body(1_024)).toString())
  await exchange.send(reply.status, plainText, reply.text)
}

async function serveInspection(exchange: Exchange, { inspect }: PathDeps): Promise<void> {
  const rest = exchange.path.slice('/debug/inspect'.length).replace(/^\/|\/$/g, '')
  const found = await inspect(rest === '' ? undefined : rest)
  if (found === undefined) throw noSuchPath()
  await exchange.send(200, jsonType, `${JSON.stringify(found.value, (_key, value: unknown) => (typeof value === 'bigint' ? value.toString() : value), 2)}\n`)
}
