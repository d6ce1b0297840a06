/** Installs Debian packages, as root or with sudo that asks no password (DR3). */
import { spawn, spawnSync } from 'node:child_process'

export interface Installation {
  readonly ok: boolean
  /** The end of what apt-get said. */
  readonly output: string
}

export function canInstall(isRoot: boolean): boolean {
  return isRoot || spawnSync('sudo', ['-n', 'true'], { stdio: 'ignore' }).status === 0
}

export async function installPackages(packages: readonly string[], isRoot: boolean, onLine: (line: string) => void): Promise<Installation> {
  const prefix = isRoot ? [] : ['sudo', '-n']
  const install = await run([...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '--no-install-recommends', ...packages], onLine)
  if (install.ok) return install
  // The package lists of a fresh machine may be empty or old.
  const update = await run([...prefix, 'apt-get', 'update'], onLine)
  if (!update.ok) return update
  return run([...prefix, 'env', 'DEBIAN_FRONTEND=noninteractive', 'apt-get', 'install', '-y', '--no-install-recommends', ...packages], onLine)
}

function run(command: readonly string[], onLine: (line: string) => void): Promise<Installation> {
  return new Promise(resolve => {
    const child = spawn(command[0]!, command.slice(1), { stdio: ['ignore', 'pipe', 'pipe'] })
    let output = ''
    const take = (chunk: Buffer): void => {
      output = `${output}${chunk.toString('utf8')}`.slice(-4_000)
      for (const line of chunk.toString('utf8').split('\n')) if (line.trim() !== '') onLine(line.trim())
    }
    child.stdout.on('data', take)
    child.stderr.on('data', take)
    child.on('error', error => { resolve({ ok: false, output: error.message }) })
    child.on('close', code => { resolve({ ok: code === 0, output: output.trim() }) })
  })
}
