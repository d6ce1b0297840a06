/** The store as a process of its own, bundled first so that it starts fast; for tests that kill it. */
import { spawn, type ChildProcess } from 'node:child_process'
import { build } from 'esbuild'
import { join } from 'node:path'

export async function bundleStore(folder: string): Promise<string> {
  const outfile = join(folder, 'etcd.mjs')
  await build({
    entryPoints: [join(import.meta.dirname, '../edge/main.ts')], outfile, bundle: true, platform: 'node', format: 'esm', target: 'node24', logLevel: 'error',
    banner: { js: "import{createRequire as makeRequire}from'node:module';const require=makeRequire(import.meta.url);" },
  })
  return outfile
}

export interface StoreProcess {
  readonly child: ChildProcess
  readonly lines: string[]
  kill(signal: NodeJS.Signals): Promise<number | null>
}

/** Resolves when the store says it serves. */
export async function spawnStore(bundle: string, flags: readonly string[]): Promise<StoreProcess> {
  const child = spawn(process.execPath, [bundle, ...flags], { stdio: ['ignore', 'ignore', 'pipe'] })
  const lines: string[] = []
  const ended = new Promise<number | null>(resolve => { child.once('close', resolve) })
  const started = Promise.withResolvers<void>()
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    lines.push(...text.split('\n').filter(line => line !== ''))
    if (lines.some(line => line.includes('"store opened"'))) started.resolve()
  })
  await Promise.race([started.promise, ended.then(code => { throw new Error(`the store ended with ${String(code)}: ${lines.join('\n')}`) })])
  return {
    child,
    lines,
    kill(signal) {
      child.kill(signal)
      return ended
    },
  }
}
