/**
 * Finds the lab host of this home, or starts one that outlives us.
 *
 *   RH1  Two command lines at once start one lab host: its lock decides, the other waits for the same host.json.
 *   RH2  A host.json whose process is gone is not believed.
 *   RH3  A lab host that cannot start says why: the end of its log is the error.
 */
import { spawn } from 'node:child_process'
import { closeSync, openSync } from 'node:fs'
import { isAlive } from '../labhost/files/process-identity.ts'
import { type Installation, findInstallation } from '../labhost/files/installation.ts'
import { ensurePrivateDir, readJsonIfAny, readTextIfAny } from '../labhost/files/private-files.ts'
import { type HomeFiles, homeFiles } from '../labhost/lab/lab-files.ts'
import { homeFolder } from '../labhost/files/home-folder.ts'
import { ContractClient } from './contract-client.ts'

interface RunningHost {
  readonly pid: number
  readonly startTicks: number
  readonly port: number
}

const startPatienceMs = 60_000
/** Exit status of a lab host that found another one running. */
const lockTaken = 3

export function localHome(): HomeFiles {
  return homeFiles(homeFolder(process.env))
}

/** undefined where no lab host runs. */
export async function connectHost(files: HomeFiles): Promise<ContractClient | undefined> {
  const running = readJsonIfAny<RunningHost>(files.hostJson)
  const token = readTextIfAny(files.token)
  if (running === undefined || token === undefined || !isAlive({ pid: running.pid, startTicks: running.startTicks })) return undefined // RH2
  try {
    return await ContractClient.connect(running.port, token)
  } catch {
    return undefined
  }
}

export async function reachHost(files: HomeFiles = localHome()): Promise<ContractClient> {
  const running = await connectHost(files)
  if (running !== undefined) return running
  ensurePrivateDir(files.hostDir)
  let child = startHost(files, findInstallation())
  const deadline = Date.now() + startPatienceMs
  for (;;) {
    const client = await connectHost(files)
    if (client !== undefined) return client
    // 3: another one has the lock. It either comes up, or is just leaving and our turn comes (RH1).
    if (child.exitCode === lockTaken) {
      await new Promise(resolve => setTimeout(resolve, 100))
      child = startHost(files, findInstallation())
    }
    const ended = child.exitCode !== null && child.exitCode !== lockTaken
    if (ended || Date.now() > deadline) {
      const words = errorIn(readTextIfAny(`${files.hostLog}.start`) ?? '')
      throw new Error(`the lab host could not be started${ended ? ` (it ended with status ${child.exitCode})` : ''}. Its log is ${files.hostLog}${words === '' ? '' : `; it said: ${words}`}`) // RH3
    }
    await new Promise(resolve => setTimeout(resolve, 20))
  }
}

/** The line of a crash that says what went wrong, without the code before and the stack after it. */
function errorIn(output: string): string {
  const lines = output.split('\n').filter(line => line.trim() !== '')
  return (lines.find(line => /^\w*Error\b/.test(line)) ?? lines.at(-1) ?? '').slice(0, 600)
}

function startHost(files: HomeFiles, installation: Installation): ReturnType<typeof spawn> {
  const log = openSync(`${files.hostLog}.start`, 'w', 0o600)
  try {
    const child = spawn(installation.node, [installation.labHost], {
      detached: true,
      stdio: ['ignore', log, log],
      cwd: '/',
      env: { ...process.env, KUBARIUM_HOME: files.home, NODE_COMPILE_CACHE: files.compileCache },
    })
    child.on('error', () => {})
    child.unref()
    return child
  } finally {
    closeSync(log)
  }
}
