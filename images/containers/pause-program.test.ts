import { execFileSync, spawn } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { readElfNeeds } from './elf-libraries.ts'
import { pauseVersion, renderPauseProgram } from './pause-program.ts'

const canRun = process.platform === 'linux' && process.arch === 'x64'
const isRoot = process.getuid?.() === 0
let folder = ''
let program = ''
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'pause-'))
  program = join(folder, 'pause')
  await writeFile(program, renderPauseProgram('amd64'), { mode: 0o755 })
})
afterAll(async () => { await rm(folder, { recursive: true }) })

test('PA3 both programs are static ELF files below half a kilobyte', () => {
  for (const [architecture, machine] of [['amd64', 62], ['arm64', 183]] as const) {
    const elf = renderPauseProgram(architecture)
    expect(elf.readUInt32BE(0)).toBe(0x7f454c46)
    expect(elf.readUInt16LE(18)).toBe(machine)
    expect(Number(elf.readBigUInt64LE(96))).toBe(elf.length) // the one segment holds all of it
    expect(readElfNeeds(elf)).toEqual({ libraries: [] })
    expect(elf.length).toBeLessThan(512)
  }
})

test('the arm64 program is the words an assembler makes of the same text', () => {
  const elf = renderPauseProgram('arm64')
  const words = Array.from({ length: 8 }, (_, index) => elf.readUInt32LE(120 + index * 4).toString(16))
  // ldr x0,[sp]; cmp x0,#2; b.lt; ldr x1,[sp,#16]; ldrh w2,[x1]; mov w3,#0x762d; cmp w2,w3; b.ne
  expect(words).toEqual(['f94003e0', 'f100081f', '540001cb', 'f9400be1', '79400022', '528ec5a3', '6b03005f', '54000121'])
})

test('PA4 -v prints the version', context => {
  context.skip(!canRun, 'needs Linux on x86-64')
  expect(execFileSync(program, ['-v'], { encoding: 'utf8' })).toBe(pauseVersion)
})

test.for(['SIGTERM', 'SIGINT'] as const)('PA2 %s ends it with status 0', async (signal, context) => {
  context.skip(!canRun, 'needs Linux on x86-64')
  const child = spawn(program)
  const ended = new Promise(resolve => child.once('exit', (code, by) => { resolve({ code, by }) }))
  await new Promise(resolve => setTimeout(resolve, 50))
  expect(child.exitCode).toBeNull()
  child.kill(signal)
  expect(await ended).toEqual({ code: 0, by: null })
})

test('PA1 as process 1 it leaves no zombies, and SIGTERM still ends it', async context => {
  context.skip(!canRun || !isRoot, 'needs root on Linux on x86-64')
  // The shell starts children that outlive it; it then becomes pause, their parent, and they end.
  const script = `(sleep 0.05 & sleep 0.05 &) ; exec ${program}`
  const child = spawn('unshare', ['--pid', '--fork', '--kill-child', '--mount-proc', 'sh', '-c', script])
  const ended = new Promise(resolve => child.once('exit', code => { resolve(code) }))
  await new Promise(resolve => setTimeout(resolve, 400))
  const children = (pid: number): number[] => execFileSync('sh', ['-c', `cat /proc/${pid}/task/${pid}/children`], { encoding: 'utf8' }).trim().split(' ').filter(text => text !== '').map(Number)
  const pause = children(child.pid ?? 0)[0] ?? 0
  expect(pause).toBeGreaterThan(0)
  expect(children(pause)).toEqual([])
  process.kill(pause, 'SIGTERM')
  expect(await ended).toBe(0)
})
