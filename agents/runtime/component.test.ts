import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { describe, expect, it } from 'vitest'

const program = fileURLToPath(new URL('./component.sample.ts', import.meta.url))

async function run(...argv: string[]) {
  const child = spawn(process.execPath, [program, ...argv], { stdio: ['ignore', 'pipe', 'pipe'] })
  let stderr = ''
  let stdout = ''
  const started = new Promise<void>(resolve => child.stderr.on('data', chunk => {
    stderr += String(chunk)
    if (stderr.includes('sample is up')) resolve()
  }))
  child.stdout.on('data', chunk => { stdout += String(chunk) })
  const ended = once(child, 'close').then(([code]) => ({ code: code as number | null, stderr, stdout, messages: stderr.split('\n').filter(line => line.startsWith('{')).map(line => (JSON.parse(line) as { msg: string }).msg) }))
  return { child, started, ended }
}

describe('component', { timeout: 20_000 }, () => {
  it('CP1: a wrong flag is one line and exit 2', async () => {
    const { code, stderr } = await (await run('--moed=x')).ended
    expect([code, stderr]).toEqual([2, 'sample: unknown flag: --moed (did you mean --mode?)\n'])
  })

  it('CP3: SIGTERM ends the lifetime and exits 0', async () => {
    const { child, started, ended } = await run('--mode=run')
    await started
    child.kill('SIGTERM')
    const { code, messages } = await ended
    expect(code).toBe(0)
    expect(messages).toEqual(['component started', 'sample is up', 'component stopping', 'sample let go', 'component stopped'])
  })

  it('CP3: an end that outlasts the deadline is cut, exit 1', async () => {
    const { child, started, ended } = await run('--mode=hang')
    await started
    child.kill('SIGTERM')
    expect(await ended).toMatchObject({ code: 1 })
  })

  it.each([['fail', 'component could not start'], ['throw', 'uncaught error'], ['reject', 'unhandled rejection']])('CP4: %s is logged and exits 1', async (mode, message) => {
    const { code, messages } = await (await run(`--mode=${mode}`)).ended
    expect(code).toBe(1)
    expect(messages).toContain(message)
  })
})
