/** Wrong input gets one clear paragraph, a status that is not 0, and leaves nothing half-made. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { TestLab, patience, run, whyNoLab } from './test-lab.ts'

const root = join(import.meta.dirname, '..', '..')
const launcher = join(root, 'electron', 'cli', 'launch.mjs')

describe('bad input', () => {
  let lab: TestLab
  let folder: string
  beforeAll(() => {
    lab = new TestLab('namespace')
    folder = mkdtempSync(join(tmpdir(), 'kubarium-bad-'))
  })
  afterAll(async () => {
    await lab.kubarium(['host', 'stop'])
    rmSync(lab.home, { recursive: true, force: true })
    rmSync(folder, { recursive: true, force: true })
  })

  const isOneParagraph = (text: string) => text.trim() !== '' && !text.trim().includes('\n\n') && !/^\s+at /m.test(text)

  test('an unknown flag', async () => {
    const ended = await lab.kubarium(['up', '--nodez', '2'])
    expect(ended.code).toBe(2)
    expect(ended.stderr).toContain('--nodez')
    expect(isOneParagraph(ended.stderr)).toBe(true)
  })

  test('an unknown command, a lab and a node that are not there', async () => {
    expect((await lab.kubarium(['upp'])).code).toBe(2)
    const status = await lab.kubarium(['status', '--name', 'nowhere'])
    expect({ code: status.code, said: status.stderr.includes('nowhere') }).toEqual({ code: 1, said: true })
    expect((await lab.kubarium(['ssh', 'node-9', '--', 'true'])).code).not.toBe(0)
  })

  test('a lab file: line and column of every mistake', async () => {
    const file = join(folder, 'lab.yaml')
    writeFileSync(file, 'apiVersion: kubarium.dev/v1\nkind: Lab\nmetadata:\n  name: wrong\nspec:\n  nodes:\n    - name: node-1\n      provider: abacus\n      colour: red\n')
    const ended = await lab.kubarium(['up', '-f', file])
    expect(ended.code).not.toBe(0)
    expect(ended.stderr).toMatch(/lab\.yaml:8:\d+/)
    expect(ended.stderr).toMatch(/lab\.yaml:9:\d+/)
    expect(ended.stderr).toContain('abacus')
    expect(ended.stderr).toContain('colour')
    expect(existsSync(join(lab.home, 'labs', 'wrong'))).toBe(false)
  })

  test('a lab file that is no YAML', async () => {
    const file = join(folder, 'torn.yaml')
    writeFileSync(file, 'apiVersion: kubarium.dev/v1\nkind: [Lab\n')
    const ended = await lab.kubarium(['up', '-f', file])
    expect(ended.code).not.toBe(0)
    expect(ended.stderr).toMatch(/torn\.yaml:\d+:\d+/)
  })

  test('what is not supported is refused by name', async () => {
    for (const [flag, value] of [['--provider', 'multipass'], ['--apiservers', '3'], ['--proxy-mode', 'ipvs']] as const) {
      const ended = await lab.kubarium(['up', flag, value])
      expect({ flag, failed: ended.code !== 0, named: ended.stderr.includes(value) }).toEqual({ flag, failed: true, named: true })
    }
  })

  test('a component refuses an unknown flag with status 2', async () => {
    const ended = await run(process.execPath, [join(root, 'dist', 'agents', 'kube-scheduler.mjs'), '--kubeconfigg=x'], lab.environment, patience.commandMs)
    expect(ended.code).toBe(2)
    expect(ended.stderr.trim().split('\n')).toHaveLength(1)
    expect(ended.stderr).toContain('--kubeconfigg')
  })

  test('a port already taken is said', async () => {
    const taken = createServer()
    const port = await new Promise<number>(resolve => { taken.listen(0, '127.0.0.1', () => { resolve((taken.address() as { port: number }).port) }) })
    const ended = await run(process.execPath, [join(root, 'dist', 'agents', 'etcd.mjs'), `--data-dir=${mkdtempSync(join(folder, 'etcd-'))}`, `--listen-client-urls=http://127.0.0.1:${port}`], lab.environment, patience.commandMs)
    taken.close()
    expect(ended.code).not.toBe(0)
    expect(ended.stderr).toMatch(new RegExp(`EADDRINUSE|in use|${port}`))
  })

  test('QEMU missing: what to do is said, and nothing is made', async () => {
    const reason = whyNoLab('qemu')
    const place = mkdtempSync(join(folder, 'no-qemu-'))
    const bin = join(place, 'bin')
    mkdirSync(bin)
    for (const program of ['node', 'sh', 'env']) execFileSync('ln', ['-s', program === 'node' ? process.execPath : `/bin/${program}`, join(bin, program)])
    const home = join(place, 'home')
    const ended = await run(process.execPath, [launcher, 'up', '--nodes', '1', '--provider', 'qemu'], { KUBARIUM_HOME: home, PATH: bin, KUBARIUM_SKIP_BUILD: '1', KUBARIUM_NO_INSTALL: '1', HOME: place }, patience.commandMs)
    expect(ended.code, reason ?? '').toBe(1)
    expect(ended.stderr).toMatch(/qemu/i)
    expect(ended.stderr).toMatch(/apt-get install|install/)
    await run(process.execPath, [launcher, 'host', 'stop'], { KUBARIUM_HOME: home, PATH: bin, KUBARIUM_SKIP_BUILD: '1' }, patience.commandMs)
    expect(existsSync(join(home, 'labs')) ? readdirSync(join(home, 'labs')) : []).toEqual([])
  })

  test('a full disk while images are built: said, and nothing half-made is left', async ({ skip }) => {
    if (process.getuid?.() !== 0) skip('a small file system can be mounted by root only')
    const small = mkdtempSync(join(folder, 'small-'))
    execFileSync('mount', ['-t', 'tmpfs', '-o', 'size=40m', 'tmpfs', small])
    try {
      const ended = await run(process.execPath, [launcher, 'images', 'build'], { ...lab.environment, KUBARIUM_HOME: small }, patience.commandMs)
      expect(ended.code).toBe(1)
      expect(ended.stderr).toMatch(/space|full/i)
      await run(process.execPath, [launcher, 'host', 'stop'], { ...lab.environment, KUBARIUM_HOME: small }, patience.commandMs)
      const left = existsSync(join(small, 'images')) ? readdirSync(join(small, 'images'), { recursive: true, encoding: 'utf8' }).filter(name => /disk\.qcow2$|manifest\.json$|\.tmp/.test(name)) : []
      expect(left).toEqual([])
    } finally {
      execFileSync('umount', ['-l', small])
    }
  })
})
