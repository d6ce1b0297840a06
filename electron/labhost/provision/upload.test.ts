import { createHash } from 'node:crypto'
import type { Readable } from 'node:stream'
import { unpackTar } from 'modern-tar'
import { expect, test } from 'vitest'
import type { CommandResult, ExecOptions } from './collect.ts'
import { type CommandRunner, planUpload, readObservation, uploadFiles } from './upload.ts'

const sha = (content: string) => createHash('sha256').update(content).digest('hex')
const ok: CommandResult = { code: 0, signal: null, stdout: '', stderr: '' }

class FakeRunner implements CommandRunner {
  readonly name = 'node-1'
  readonly asked: string[][] = []
  archive: { name: string; mode: number | undefined; content: string }[] = []
  observation = '\n'
  placing: CommandResult = ok

  async exec(argv: readonly string[], options: ExecOptions = {}): Promise<CommandResult> {
    this.asked.push(argv.slice(4) as string[])
    if (options.stdin === undefined) return { ...ok, stdout: this.observation }
    const chunks: Buffer[] = []
    for await (const chunk of options.stdin as Readable) chunks.push(Buffer.from(chunk as Uint8Array))
    const entries = await unpackTar(Buffer.concat(chunks))
    this.archive = entries.map(entry => ({ name: entry.header.name, mode: entry.header.mode, content: Buffer.from(entry.data ?? []).toString() }))
    return this.placing
  }
}

const files = [{ path: '/etc/a b', content: 'alpha' }, { path: '/opt/run.sh', content: 'beta', mode: 0o755 }]

test('everything missing is sent, with mode and content', async () => {
  const runner = new FakeRunner()
  expect(await uploadFiles(runner, files)).toEqual({ changed: ['/etc/a b', '/opt/run.sh'] })
  expect(runner.archive).toEqual([{ name: '0/a b', mode: 0o644, content: 'alpha' }, { name: '1/run.sh', mode: 0o755, content: 'beta' }])
  expect(runner.asked[1]).toEqual(['/etc', '/opt'])
})

test('UP1 what is there already is not sent, and nothing is asked when nothing differs', async () => {
  const runner = new FakeRunner()
  runner.observation = `644 /etc/a b\x00755 /opt/run.sh\0\n${sha('alpha')}  /etc/a b\x00${sha('old')}  /opt/run.sh\0`
  expect(await uploadFiles(runner, files)).toEqual({ changed: ['/opt/run.sh'] })
  runner.observation = `644 /etc/a b\x00755 /opt/run.sh\0\n${sha('alpha')}  /etc/a b\x00${sha('beta')}  /opt/run.sh\0`
  runner.asked.length = 0
  expect(await uploadFiles(runner, files)).toEqual({ changed: [] })
  expect(runner.asked).toHaveLength(1)
})

test('a wrong mode alone makes a file differ', () => {
  const wanted = [{ file: { path: '/x', content: '' }, mode: 0o600, sha256: sha('') }]
  const seen = (mode: string) => readObservation(`${mode} /x\x00\n${sha('')}  /x\0`)
  expect(planUpload(wanted, seen('600'))).toEqual([])
  expect(planUpload(wanted, seen('644'))).toEqual(wanted)
})

test('a failure on the machine is told in its own words', async () => {
  const runner = new FakeRunner()
  runner.placing = { ...ok, code: 2, stderr: 'tar: no space left on device\n' }
  await expect(uploadFiles(runner, files)).rejects.toMatchObject({ reason: 'UploadFailed', message: expect.stringContaining('no space left') as string })
})

test('paths that are not clean and absolute are refused', async () => {
  for (const path of ['etc/a', '/etc/../a', '/etc/', '/a\nb', '']) await expect(uploadFiles(new FakeRunner(), [{ path, content: '' }]), path).rejects.toThrow(/clean absolute/)
})

