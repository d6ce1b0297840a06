/** doctor, images build|list, host info|stop, app, start: what is about this machine rather than one lab */
import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Command } from 'commander'
import type { DoctorFinding } from '../../contract/labs.ts'
import { examine, installCommand, isDebian, packagesToInstall } from '../../labhost/doctor/doctor.ts'
import { canInstall, installPackages } from '../../labhost/doctor/install-packages.ts'
import { agentFile, findInstallation } from '../../labhost/files/installation.ts'
import { readJsonIfAny } from '../../labhost/files/private-files.ts'
import { ensureImages } from '../../labhost/images/ensure-images.ts'
import type { HomeFiles } from '../../labhost/lab/lab-files.ts'
import { labDefaults } from '../../labhost/lab/lab-spec.ts'
import { followAction, labIfAny, withHost } from '../host-session.ts'
import { openPage } from '../open-page.ts'
import { ExitStatus, type OutputForm, print, renderTable } from '../output.ts'
import { ProgressView } from '../progress-view.ts'
import { connectHost, localHome } from '../reach-host.ts'
import { usualMachine } from '../usual-machine.ts'
import { withOutput } from './command-parts.ts'
import { defaultProvider } from './fallback-provider.ts'
import { specFrom, statusText } from './lab-commands.ts'

interface Options {
  readonly output: OutputForm
}

const isRoot = process.getuid?.() === 0

export function addMachineCommands(program: Command): void {
  withOutput(program.command('doctor'))
    .description('what this machine can do, and the exact command that mends what is missing')
    .option('--fix', 'install what is missing, as root or with sudo that asks no password')
    .action(async (options: Options & { readonly fix?: boolean }) => {
      const findings = options.fix === true ? await mend(findings => packagesToInstall(findings, false)) : await look()
      print(options.output, findings, () => findingsText(findings))
      if (findings.some(finding => finding.state === 'missing')) throw new ExitStatus(1)
    })

  const images = program.command('images').description('build or list the images of workers and containers')
  withOutput(images.command('build'))
    .description('build what is missing; quick when everything is there')
    .option('--pinned', 'refuse Debian packages that are not those of the lock')
    .action(async (options: Options & { readonly pinned?: boolean }) => {
      const installation = findInstallation()
      const view = progressView()
      const startedAt = performance.now()
      const dnsBundle = agentFile(installation, 'dns')
      const set = await ensureImages({
        cacheDir: localHome().imagesDir,
        builder: join(installation.root, 'images/node/build.ts'),
        pinned: options.pinned === true,
        ...(existsSync(dnsBundle) ? { dnsBundle } : {}),
        onProgress: ({ step, ratio }) => { view.show({ step: 'images', key: 'images.node.detail', values: { detail: step }, text: step, state: 'running', ratio, elapsedMs: Math.round(performance.now() - startedAt) }) },
      })
      print(options.output, set, () => `The images are in ${set.dir}`)
    })
  withOutput(images.command('list'))
    .description('list the worker images that are kept')
    .action((options: Options) => {
      const kept = listImages(localHome())
      print(options.output, kept, () => (kept.length === 0 ? 'There are no images yet. Build them with: kubarium images build' : renderTable(['IMAGE', 'CONTAINERS'], kept.map(image => [image.hash, image.containers.join(', ')]))))
    })

  const host = program.command('host').description('the lab host: the process that owns your labs')
  withOutput(host.command('info')).action((options: Options) =>
    withHost(async client => {
      const info = await client.call('host/info', {})
      print(options.output, info, () => `Lab host ${info.version}, process ${info.pid}, since ${info.startedAt}, home ${info.home}`)
    }),
  )
  withOutput(host.command('stop'))
    .description('end the lab host; labs go on running and the next command finds them')
    .action(async (options: Options) => {
      using client = await connectHost(localHome())
      await client?.call('host/stop', {})
      print(options.output, { stopped: client !== undefined }, () => (client === undefined ? 'No lab host is running.' : 'The lab host stops; its labs go on.'))
    })

  withOutput(program.command('app'))
    .description('open the GUI')
    .action(async (options: Options) => {
      const opened = await openPage(findInstallation(), process.env)
      print(options.output, opened, () => opened.text)
    })

  program
    .command('start')
    .description('what npm start does: doctor, default lab, GUI')
    .action(async () => {
      const findings = await mend(found => packagesToInstall(found, true))
      const usual = defaultProvider(findings, canInstall(isRoot))
      if (usual.notice !== null) process.stderr.write(`${usual.notice}\n\n`)
      const missing = findings.filter(finding => finding.state === 'missing' && (usual.provider !== 'simulated' || finding.check === 'node'))
      if (missing.length > 0) {
        const packages = packagesToInstall(findings, true)
        const remedy = packages.length > 0 && isDebian() ? installCommand(packages, isRoot) : missing.map(finding => finding.remedy).join('; ')
        throw new Error(`${missing.map(finding => finding.text).join(' ')} Mend it with: ${remedy}`)
      }
      await withHost(async client => {
        const existing = await labIfAny(client, labDefaults.name)
        const spec = existing?.spec ?? specFrom({ name: labDefaults.name, output: 'text', provider: usual.provider }, undefined, (await usualMachine()).cpus)
        const { action } = await client.call('labs/up', { spec })
        await followAction(client, action)
        process.stdout.write(`\n${statusText(await client.call('labs/status', { lab: labDefaults.name }))}\n\n`)
      })
      process.stdout.write(`${(await openPage(findInstallation(), process.env)).text}\n`)
    })
}

async function look(): Promise<readonly DoctorFinding[]> {
  const files = localHome()
  return examine({ environment: process.env, home: files.home, isRoot, hasNodeImage: listImages(files).length > 0, node: findInstallation().node, virtualMachines: await usualMachine() })
}

/** Looks, installs what `choose` picks if that is possible without asking, and looks again. */
async function mend(choose: (findings: readonly DoctorFinding[]) => readonly string[]): Promise<readonly DoctorFinding[]> {
  const findings = await look()
  const packages = choose(findings)
  if (packages.length === 0 || !isDebian() || !canInstall(isRoot)) return findings
  process.stderr.write(`Installing ${packages.join(', ')} …\n`)
  const result = await installPackages(packages, isRoot, () => {})
  if (!result.ok) process.stderr.write(`The packages could not be installed: ${result.output.split('\n').slice(-3).join(' ')}\n`)
  return look()
}

function findingsText(findings: readonly DoctorFinding[]): string {
  const marks = { ok: 'ok     ', warning: 'warning', missing: 'MISSING' } as const
  return findings.map(finding => `${marks[finding.state]}  ${finding.text}${finding.remedy === null ? '' : `\n         mend it with: ${finding.remedy}`}`).join('\n')
}

interface KeptImage {
  readonly hash: string
  readonly containers: readonly string[]
}

function listImages(files: HomeFiles): readonly KeptImage[] {
  const folder = join(files.imagesDir, 'node')
  if (!existsSync(folder)) return []
  return readdirSync(folder).flatMap(hash => {
    const manifest = readJsonIfAny<{ containers?: Readonly<Record<string, string>> }>(join(folder, hash, 'manifest.json'))
    return manifest === undefined ? [] : [{ hash, containers: Object.keys(manifest.containers ?? {}) }]
  })
}

function progressView(): ProgressView {
  return new ProgressView({ write: text => { process.stderr.write(text) }, isTerminal: process.stderr.isTTY === true, columns: process.stderr.columns ?? 100 }, () => performance.now())
}
