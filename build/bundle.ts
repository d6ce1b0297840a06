/**
 * Turns the sources into what runs: one ESM file a process under dist/, and the built GUI.
 *
 *   BB1  Only what changed is built: each output remembers the digest of the inputs it was made from.
 *   BB2  An entry that does not exist yet is skipped; one that fails to build fails the whole, unless an older output
 *        of it exists and --keep-going was given.
 *   BB3  Packages with native parts stay outside the bundles and are found in node_modules.
 *   BB4  `--check` builds nothing: exit 0 when everything is fresh, 1 otherwise.
 *   BB5  The words for kubectl explain are made like a bundle, if the package that has them is installed.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import { fileURLToPath } from 'node:url'
import { type BuildOptions, type Plugin, build } from 'esbuild'
import { apiDescriptionsFile, apiDescriptionsInputs, buildApiDescriptions } from './api-descriptions.ts'

const root = dirname(dirname(fileURLToPath(import.meta.url)))
const dist = join(root, 'dist')
const stampFile = join(dist, 'stamp.json')

const entries: Readonly<Record<string, string>> = {
  'agents/etcd.mjs': 'agents/control-plane/etcd/edge/main.ts',
  'agents/etcd-restore.mjs': 'agents/control-plane/etcd/edge/restore.ts',
  'agents/kube-apiserver.mjs': 'agents/control-plane/apiserver/edge/main.ts',
  'agents/kube-apiserver-yaml.mjs': 'agents/control-plane/apiserver/registry/yaml-thread.ts',
  'agents/kube-apiserver-rules.mjs': 'agents/control-plane/apiserver/registry/rules-thread.ts',
  'agents/kube-scheduler.mjs': 'agents/control-plane/scheduler/edge/main.ts',
  'agents/kube-controller-manager.mjs': 'agents/control-plane/controller-manager/edge/main.ts',
  'agents/cloud-controller-manager.mjs': 'agents/control-plane/cloud-controller-manager/edge/main.ts',
  'agents/metrics-server.mjs': 'agents/control-plane/metrics-server/edge/main.ts',
  'agents/kubelet.mjs': 'agents/node/kubelet/edge/main.ts',
  'agents/simulated-kubelets.mjs': 'agents/node/simulated-kubelets/edge/main.ts',
  'agents/kube-proxy.mjs': 'agents/node/kube-proxy/edge/main.ts',
  'agents/overlay.mjs': 'agents/node/overlay/edge/main.ts',
  'agents/datagram-relay.mjs': 'agents/node/datagram-relay/edge/main.ts',
  'agents/dns.mjs': 'agents/node/dns/edge/main.ts',
  'labhost.mjs': 'electron/labhost/edge/main.ts',
  'switch.mjs': 'electron/labhost/network/switch/switch-program.ts',
  'cli.mjs': 'electron/cli/main.ts',
  'shell.mjs': 'electron/shell/main.ts',
  'preload.cjs': 'electron/preload/preload.ts', // a sandboxed preload has to be CommonJS
}

/**
 * An ES import of node:http reads all its exports, one of which (WebSocket) makes Node.js load its whole HTTP client: 20 ms
 * of every start, and many times that in an emulated machine. Taken as a built-in module nothing is read before it is used.
 */
const quietHttp: Plugin = {
  name: 'quiet-http',
  setup({ onResolve, onLoad }) {
    onResolve({ filter: /^(node:)?http$/ }, () => ({ path: 'node:http', namespace: 'builtin' }))
    onLoad({ filter: /.*/, namespace: 'builtin' }, ({ path }) => ({ contents: `module.exports = process.getBuiltinModule(${JSON.stringify(path)})` }))
  },
}

const external = ['@lydell/node-pty', 'cpu-features', 'esbuild', 'electron']

interface Stamp {
  /** Output -> the inputs it was made from, each with its digest. */
  readonly outputs: Readonly<Record<string, Readonly<Record<string, string>>>>
}

const options = new Set(process.argv.slice(2))
const stamp = readStamp()
const outputs: Record<string, Readonly<Record<string, string>>> = { ...stamp.outputs }
const digests = new Map<string, string>()
const toolDigest = digestOf('build/bundle.ts') + digestOf('package-lock.json')

const stale = Object.keys(entries).filter(output => existsSync(join(root, entries[output]!)) && !isFresh(output))
const pageIsStale = existsSync(join(root, 'renderer/index.html')) && !isPageFresh()
const wordsAreStale = existsSync(join(root, 'node_modules/@kubernetes/client-node')) && !isFresh(apiDescriptionsFile) // BB5

if (options.has('--check')) process.exit(stale.length === 0 && !pageIsStale && !wordsAreStale ? 0 : 1)

const results = await Promise.all(stale.map(output => bundle(output)))
const failures = results.filter(result => result !== null)
if (wordsAreStale) {
  buildApiDescriptions(dist)
  outputs[apiDescriptionsFile] = { ...Object.fromEntries(apiDescriptionsInputs.map(input => [input, digestOf(input)])), '<tools>': toolDigest }
}
if (pageIsStale) {
  const failure = buildPage()
  if (failure !== null) failures.push(failure)
}
writeWhole(stampFile, JSON.stringify({ outputs } satisfies Stamp, null, 1))

for (const failure of failures) process.stderr.write(`${options.has('--quiet') ? firstWords(failure.text) : failure.text}\n`)
const fatal = failures.filter(failure => !(options.has('--keep-going') && existsSync(join(dist, failure.output)))) // BB2
if (!options.has('--quiet')) process.stdout.write(`built ${stale.length - failures.filter(failure => failure.output !== 'renderer').length} of ${stale.length} stale bundles${pageIsStale ? ' and the GUI' : ''}\n`)
process.exit(fatal.length === 0 ? 0 : 1)

function firstWords(text: string): string {
  return text.replace(/\x1b\[[0-9;]*m/g, '').split('\n').filter(line => line.trim() !== '').slice(0, 4).join(' ').slice(0, 400)
}

interface Failure {
  readonly output: string
  readonly text: string
}

async function bundle(output: string): Promise<Failure | null> {
  const settings: BuildOptions & { metafile: true; write: false } = {
    entryPoints: [join(root, entries[output]!)],
    outfile: join(dist, output),
    bundle: true,
    format: output.endsWith('.cjs') ? 'cjs' : 'esm', // a sandboxed preload must be CommonJS
    platform: 'node',
    target: 'node24',
    external,
    loader: { '.node': 'empty', '.yaml': 'text', '.html': 'text' },
    metafile: true,
    write: false,
    logLevel: 'silent',
    legalComments: 'none',
    minifySyntax: true,
    minifyWhitespace: true,
    keepNames: false,
    absWorkingDir: root,
    plugins: [quietHttp],
    banner: output.endsWith('.cjs') ? {} : { js: "import { createRequire as createRequireForBundle } from 'node:module'; const require = createRequireForBundle(import.meta.url); const __filename = import.meta.filename, __dirname = import.meta.dirname;" },
  }
  try {
    const { metafile, outputFiles } = await build(settings)
    for (const { path, contents } of outputFiles) writeWhole(path, contents)
    outputs[output] = Object.fromEntries(
      Object.keys(metafile.inputs)
        .filter(input => !input.startsWith('node_modules/') && existsSync(join(root, input)))
        .map(input => [input, digestOf(input)]),
    )
    outputs[output] = { ...outputs[output], '<tools>': toolDigest }
    return null
  } catch (error) {
    return { output, text: `${output}: ${error instanceof Error ? error.message : String(error)}` }
  }
}

/** A program that is being started never reads half a bundle. */
function writeWhole(path: string, contents: Uint8Array | string): void {
  mkdirSync(dirname(path), { recursive: true })
  const half = `${path}.${process.pid}.new`
  writeFileSync(half, contents)
  renameSync(half, path)
}

function isFresh(output: string): boolean {
  const inputs = stamp.outputs[output]
  if (inputs === undefined || !existsSync(join(dist, output)) || inputs['<tools>'] !== toolDigest) return false
  return Object.entries(inputs).every(([input, digest]) => input === '<tools>' || digestOf(input) === digest) // BB1
}

function buildPage(): Failure | null {
  const made = spawnSync(process.execPath, [join(root, 'node_modules/vite/bin/vite.js'), 'build', 'renderer', '--outDir', join(dist, 'renderer'), '--emptyOutDir', '--logLevel', 'warn'], { cwd: root, encoding: 'utf8' })
  if (made.status !== 0) return { output: 'renderer/index.html', text: `the GUI could not be built:\n${made.stdout}${made.stderr}` }
  outputs['renderer'] = pageInputs()
  return null
}

function isPageFresh(): boolean {
  const inputs = stamp.outputs['renderer']
  if (inputs === undefined || !existsSync(join(dist, 'renderer/index.html'))) return false
  return JSON.stringify(inputs) === JSON.stringify(pageInputs())
}

function pageInputs(): Readonly<Record<string, string>> {
  const files = [...filesBelow('renderer'), ...filesBelow('electron/contract')].filter(file => !file.endsWith('.test.ts')).sort()
  return { ...Object.fromEntries(files.map(file => [file, digestOf(file)])), '<tools>': toolDigest }
}

function filesBelow(folder: string): string[] {
  return readdirSync(join(root, folder), { withFileTypes: true, recursive: true })
    .filter(entry => entry.isFile() && !entry.parentPath.includes('node_modules'))
    .map(entry => relative(root, join(entry.parentPath, entry.name)))
}

function digestOf(input: string): string {
  let digest = digests.get(input)
  if (digest === undefined) {
    const path = join(root, input)
    digest = existsSync(path) && statSync(path).isFile() ? createHash('sha256').update(readFileSync(path)).digest('hex').slice(0, 20) : 'absent'
    digests.set(input, digest)
  }
  return digest
}

function readStamp(): Stamp {
  try {
    return JSON.parse(readFileSync(stampFile, 'utf8')) as Stamp
  } catch {
    rmSync(stampFile, { force: true })
    return { outputs: {} }
  }
}
