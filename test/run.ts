/**
 * `npm test`: installs what the tests need where it may, builds, and runs unit, contract, integration and end-to-end
 * tests in that order. Ends with the plain line of the summary reporter; exit status 0 only when nothing failed.
 *
 *   npm test                    everything
 *   npm test -- unit            one project (unit, integration, e2e), or any vitest arguments
 */
import { spawnSync } from 'node:child_process'
import { existsSync, rmSync } from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { resultsFolder } from './summary-reporter.ts'

const root = join(dirname(fileURLToPath(import.meta.url)), '..')

/** Debian packages by a program (or file) that shows they are there. */
const packages: readonly { readonly shows: string; readonly name: string }[] = [
  { shows: '/usr/bin/qemu-system-x86_64', name: 'qemu-system-x86' },
  { shows: '/usr/bin/qemu-img', name: 'qemu-utils' },
  { shows: '/usr/bin/mmdebstrap', name: 'mmdebstrap' },
  { shows: '/usr/bin/chromium', name: 'chromium' },
  { shows: '/usr/share/fonts/opentype/noto/NotoSansCJK-Regular.ttc', name: 'fonts-noto-cjk' },
  { shows: '/usr/bin/etcdctl', name: 'etcd-client' },
  { shows: '/usr/bin/etcd', name: 'etcd-server' },
  { shows: '/usr/sbin/iptables', name: 'iptables' },
  { shows: '/usr/sbin/conntrack', name: 'conntrack' },
  { shows: '/usr/bin/containerd', name: 'containerd' },
  { shows: '/usr/sbin/runc', name: 'runc' },
  { shows: '/usr/lib/cni/bridge', name: 'containernetworking-plugins' },
]

function installMissing(): void {
  const missing = packages.filter(entry => !existsSync(entry.shows)).map(entry => entry.name)
  if (missing.length === 0) return
  const command = ['apt-get', 'install', '-y', '--no-install-recommends', ...missing]
  const isRoot = process.getuid?.() === 0
  const hasSudo = !isRoot && spawnSync('sudo', ['-n', 'true']).status === 0
  if (!existsSync('/usr/bin/apt-get') || (!isRoot && !hasSudo)) {
    process.stdout.write(`Some tests will be skipped. To run them all install what is missing: sudo ${command.join(' ')}\n`)
    return
  }
  process.stdout.write(`installing ${missing.join(' ')}\n`)
  const prefix = isRoot ? [] : ['sudo', '-n']
  const runAs = (argv: string[]) => spawnSync(argv[0]!, argv.slice(1), { stdio: ['ignore', 'ignore', 'inherit'], env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' } }).status === 0
  runAs([...prefix, 'apt-get', 'update', '-qq'])
  if (!runAs([...prefix, ...command])) process.stdout.write(`could not install ${missing.join(' ')}; the tests that need them will be skipped\n`)
}

function run(argv: readonly string[]): number {
  const bin = join(root, 'node_modules', '.bin')
  const result = spawnSync(process.execPath, argv, { cwd: root, stdio: 'inherit', env: { ...process.env, PATH: `${bin}:${process.env['PATH'] ?? ''}` } })
  return result.status ?? 1
}

rmSync(join(root, resultsFolder), { recursive: true, force: true })
installMissing()
if (run([join(root, 'build', 'bundle.ts')]) !== 0) {
  process.stdout.write('the build failed, so no test was run\n')
  process.exit(1)
}
/** The tests' own home: machines find the worker image there, and end-to-end labs share it instead of building it again. */
const home = join(root, 'dist', 'test-home')
process.env['KUBARIUM_HOME'] = home
process.env['KUBARIUM_TEST_IMAGES'] ??= join(home, 'images')
process.env['KUBARIUM_SKIP_BUILD'] = '1'
const needsImage = process.argv[2] !== 'unit' && process.platform === 'linux' && existsSync('/usr/bin/mmdebstrap')
if (needsImage && run([join(root, 'electron', 'cli', 'launch.mjs'), 'images', 'build']) !== 0) process.stdout.write('the worker image could not be built; the tests that need it will be skipped or fail\n')
run([join(root, 'electron', 'cli', 'launch.mjs'), 'host', 'stop'])

const vitest = join(dirname(createRequire(import.meta.url).resolve('vitest/package.json')), 'vitest.mjs')
const given = process.argv.slice(2)
const isProject = (word: string | undefined) => word !== undefined && ['unit', 'integration', 'e2e'].includes(word)
const chosen = isProject(given[0]) ? ['--project', ...given] : given
process.exit(run([vitest, 'run', '--reporter=default', `--reporter=${join(root, 'test', 'summary-reporter.ts')}`, ...chosen]))
