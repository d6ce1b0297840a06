/**
 * The lab host: the process that owns the labs of one home folder ($KUBARIUM_HOME) and serves the contract.
 *
 * Started by the command line or the app when none runs; ends on `host/stop` or SIGTERM, and its labs go on. The next
 * one finds them.
 */
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { errorText } from '../../../agents/base/log.ts'
import { createJsonLog } from '../../../agents/runtime/json-log.ts'
import { systemClock, systemRandom } from '../../../agents/runtime/system.ts'
import type { HostInfo, NodeSpec } from '../../contract/labs.ts'
import { rotateLogFile } from '../components/log-file.ts'
import { examine, packagesToInstall } from '../doctor/doctor.ts'
import { canInstall, installPackages } from '../doctor/install-packages.ts'
import { findInstallation } from '../files/installation.ts'
import { ensurePrivateDir, writePrivateFile, writePrivateJson } from '../files/private-files.ts'
import { identityOf } from '../files/process-identity.ts'
import { openGateway } from '../gateway/gateway.ts'
import { contractService } from '../lab/contract-calls.ts'
import { type LabFiles, homeFiles, limits } from '../lab/lab-files.ts'
import { LabHost } from '../lab/lab-host.ts'
import { agentVersionCommands, rehearsalFiles, softwareDigest, softwareFiles, standbyServices } from '../lab/node-software.ts'
import { findUsualMachine } from '../lab/usual-cpus.ts'
import { warmUpOf } from '../lab/warm-up.ts'
import { WorkerTemplates } from '../lab/worker-templates.ts'
import { createNamespaceProvider } from '../machines/namespace/namespace-provider.ts'
import { providerNamed } from '../machines/providers.ts'
import { createQemuProvider } from '../machines/qemu/qemu-provider.ts'
import type { MachineProvider } from '../machines/machine.ts'
import { homeFolder } from '../files/home-folder.ts'
import { releaseLock, takeLock } from '../files/process-lock.ts'
import { createImageSource } from './image-source.ts'

const files = homeFiles(homeFolder(process.env))
ensurePrivateDir(files.hostDir)
ensurePrivateDir(files.labsDir)
const lock = takeLock(files.lock)
if (!lock.taken) {
  process.stderr.write(`a lab host runs already for ${files.home} (process ${lock.by.pid})\n`)
  process.exit(3)
}

rotateLogFile(files.hostLog, limits.logBytes)
const log = createJsonLog({ component: 'labhost', clock: systemClock, write: line => { appendFileSync(files.hostLog, `${line}\n`, { mode: 0o600 }) } })
process.on('uncaughtException', error => {
  log.error('uncaught error', { error })
})
process.on('unhandledRejection', reason => {
  log.error('unhandled rejection', { error: reason })
})

const installation = findInstallation()
const images = createImageSource({ installation, home: files, log })
const providers = new Map<string, MachineProvider>()

function provider(lab: LabFiles, node: NodeSpec): MachineProvider {
  const key = `${lab.lab}/${node.provider}`
  let made = providers.get(key)
  if (made === undefined) {
    const around = { clock: systemClock, random: systemRandom, log: log.with({ lab: lab.lab }) }
    const known = [createQemuProvider({ ...around, cacheDirectory: files.hostDir }), createNamespaceProvider({ ...around, runDirectory: lab.runDir })]
    made = providerNamed(node.provider, known)
    providers.set(key, made)
  }
  return made
}

const templates = new WorkerTemplates({
  dir: files.templatesDir,
  provider: createQemuProvider({ clock: systemClock, log, cacheDirectory: files.hostDir }),
  software: () => ({ digest: softwareDigest(installation), files: softwareFiles(installation), warmUp: warmUpOf(agentVersionCommands(installation)), standby: standbyServices(installation), rehearsal: pki => rehearsalFiles(installation, pki) }),
  clock: systemClock,
  random: systemRandom,
  log,
})
const usesTemplates = process.env['KUBARIUM_TEMPLATES'] !== 'off'
const host = new LabHost({ home: files, installation, images, provider, templates: node => (node.provider === 'qemu' && usesTemplates ? templates : null), clock: systemClock, random: systemRandom, log })
const token = randomBytes(32).toString('base64url')
const info: HostInfo = { version: installation.version, pid: process.pid, home: files.home, startedAt: new Date(systemClock.now()).toISOString() }
const isRoot = process.getuid?.() === 0

const gateway = await openGateway({
  service: contractService(host, {
    info: () => info,
    stop: () => { setTimeout(() => void leave('asked to stop'), 50) },
    openingAddress: () => gateway.openingAddress(),
    doctor,
    usualCpus: async () => (await findUsualMachine(files.hostDir, systemClock)).cpus,
    hostLog: files.hostLog,
  }),
  token,
  pageDir: installation.pageDir,
  ticketMs: limits.ticketMs,
  frameBytes: limits.frameBytes,
  clock: systemClock,
  log,
})

// Labs are taken over before anyone is told where we are, so that no client sees them half known.
await host.resume()
void templates.removeLeftovers().catch((error: unknown) => { log.warn('leftovers of a template were not removed', { error: errorText(error) }) })
writePrivateFile(files.token, token)
writePrivateJson(files.hostJson, { ...info, port: gateway.port, startTicks: identityOf(process.pid)?.startTicks ?? 0 })
log.info('lab host started', { port: gateway.port, version: info.version, home: files.home })

process.on('SIGTERM', () => void leave('SIGTERM'))
process.on('SIGINT', () => void leave('SIGINT'))

let leaving = false
async function leave(why: string): Promise<void> {
  if (leaving) return
  leaving = true
  log.info('lab host stopping', { why })
  setTimeout(() => process.exit(1), 8_000).unref()
  rmSync(files.hostJson, { force: true })
  rmSync(files.token, { force: true })
  try {
    await gateway[Symbol.asyncDispose]()
    await templates[Symbol.asyncDispose]()
    await host.release()
  } catch (error) {
    log.warn('not everything was let go of', { error: errorText(error) })
  }
  releaseLock(files.lock)
  log.info('lab host stopped')
  process.exit(0)
}

async function doctor(fix: boolean): Promise<ReturnType<typeof examine>> {
  const look = async () => examine({ environment: process.env, home: files.home, isRoot, hasNodeImage: hasNodeImage(), node: installation.node, virtualMachines: await findUsualMachine(files.hostDir, systemClock) })
  const findings = await look()
  const packages = packagesToInstall(findings, false)
  if (!fix || packages.length === 0 || !canInstall(isRoot)) return findings
  const result = await installPackages(packages, isRoot, line => { log.info('package installation', { line }) })
  if (!result.ok) log.warn('packages could not be installed', { packages, output: result.output })
  return look()
}

function hasNodeImage(): boolean {
  const folder = join(files.imagesDir, 'node')
  return existsSync(folder) && readdirSync(folder).some(name => existsSync(join(folder, name, 'manifest.json')))
}
