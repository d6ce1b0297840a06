/**
 * Whether hardware virtualisation is of any use here, found by trying.
 *
 * A device file proves little: /dev/kvm exists on machines where opening it fails, where it is emulated by a hypervisor
 * below at a hundredth of the speed, or where a guest never gets past its first instruction. So a guest is started whose
 * whole firmware counts to sixteen million and then leaves QEMU by its exit device. Under real virtualisation that takes
 * a few milliseconds, under TCG about a tenth of a second.
 *
 *   AC1  An accelerator is used only if that guest finished with its own exit code within its bound.
 *   AC2  TCG is tried likewise, as the proof that QEMU works at all.
 *   AC3  The verdict is kept for this boot of the desktop and this QEMU; either changing means trying again.
 *   AC4  The same trial finds out whether QEMU's seccomp sandbox works.
 */
import { spawn } from 'node:child_process'
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { release, tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Clock } from '../../../../agents/base/clock.ts'
import { writeJson } from '../machine-record.ts'

export type Accelerator = 'kvm' | 'hvf' | 'whpx' | 'tcg'

export interface AccelerationVerdict {
  readonly accelerator: Accelerator
  /** One plain line for the user, also when all is well. */
  readonly text: string
  readonly sandbox: boolean
}

export interface Trial {
  readonly outcome: 'finished' | 'too-slow' | 'failed'
  readonly elapsedMs: number
  readonly said: string
}

export type TryAccelerator = (accelerator: Accelerator, sandbox: boolean) => Promise<Trial>

/** Where the verdict is kept, in the folder of the lab host. */
export const verdictFile = 'acceleration.json'
export const qemuProgram = 'qemu-system-x86_64'
export const sandboxArguments = ['-sandbox', 'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny'] as const
/** Emulation is only to be seen to work, however busy the desktop is; hardware has to be worth it. */
const boundMs = { hardware: 1_500, tcg: 30_000 } as const
const guestExitCode = 0x31 * 2 + 1 // isa-debug-exit doubles what is written to it, and adds one

const hardwareAccelerators: Partial<Record<NodeJS.Platform, Accelerator>> = { linux: 'kvm', darwin: 'hvf', win32: 'whpx' }
const titles: Record<Accelerator, string> = { kvm: 'KVM', hvf: 'Hypervisor.framework', whpx: 'the Windows Hypervisor Platform', tcg: 'software emulation (TCG)' }

/** Firmware of 64 KiB that counts down from 2^24 and writes 0x31 to port 0xf4. */
export function trialFirmware(): Buffer {
  const firmware = Buffer.alloc(0x10000, 0xf4) // hlt
  Buffer.from([
    0x66, 0xb9, 0x00, 0x00, 0x00, 0x01, // mov ecx, 1 << 24
    0x66, 0x49, // dec ecx
    0x75, 0xfc, // jnz -4
    0xb0, 0x31, // mov al, 0x31
    0xe6, 0xf4, // out 0xf4, al
    0xf4, 0xeb, 0xfd, // hlt; jmp -3
  ]).copy(firmware, 0xe000)
  Buffer.from([0xea, 0x00, 0xe0, 0x00, 0xf0]).copy(firmware, 0xfff0) // reset vector: jmp f000:e000
  return firmware
}

/** Pure but for the trials. undefined: QEMU does not work at all, `said` of the TCG trial tells why. */
export async function judge(attempt: TryAccelerator, platform: NodeJS.Platform): Promise<AccelerationVerdict | { readonly broken: string }> {
  const sandboxed = platform === 'linux' ? await attempt('tcg', true) : undefined
  const sandbox = sandboxed?.outcome === 'finished'
  const software = sandbox ? sandboxed! : await attempt('tcg', false)
  if (software.outcome !== 'finished') return { broken: software.outcome === 'too-slow' ? `a trial guest of a few milliseconds did not finish within ${software.elapsedMs / 1_000} s` : software.said } // AC2
  const hardware = hardwareAccelerators[platform]
  if (hardware === undefined) return { accelerator: 'tcg', sandbox, text: 'This system has no virtualisation that QEMU can use; machines run by software emulation, which is slower.' }
  const trial = await attempt(hardware, sandbox)
  if (trial.outcome === 'finished') return { accelerator: hardware, sandbox, text: `Machines run with ${titles[hardware]}.` } // AC1
  const why = trial.outcome === 'too-slow'
    ? `${titles[hardware]} is there, but a trial guest made no useful progress with it in ${(trial.elapsedMs / 1000).toFixed(1)} s`
    : `${titles[hardware]} cannot be used (${lastLine(trial.said)})`
  return { accelerator: 'tcg', sandbox, text: `${why}; machines run by software emulation, which is slower.` }
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1)?.replace(/^qemu-system-x86_64: /, '') ?? ''
}

export async function tryAccelerator(accelerator: Accelerator, sandbox: boolean, clock: Clock): Promise<Trial> {
  const folder = await mkdtemp(join(tmpdir(), 'kubarium-trial-'))
  const startedAt = clock.monotonic()
  try {
    const firmware = join(folder, 'firmware')
    await writeFile(firmware, trialFirmware())
    return await new Promise<Trial>(resolve => {
      const child = spawn(qemuProgram, [
        '-accel', accelerator, '-machine', 'pc', '-m', '16', '-nodefaults', '-no-user-config', '-display', 'none',
        '-bios', firmware, '-device', 'isa-debug-exit,iobase=0xf4,iosize=0x01', ...(sandbox ? sandboxArguments : []),
      ], { stdio: ['ignore', 'ignore', 'pipe'] })
      let said = ''
      let late = false
      const timer = clock.after(accelerator === 'tcg' ? boundMs.tcg : boundMs.hardware, () => {
        late = true
        child.kill('SIGKILL')
      })
      const finish = (outcome: Trial['outcome']) => {
        timer[Symbol.dispose]()
        resolve({ outcome, elapsedMs: clock.monotonic() - startedAt, said })
      }
      child.stderr.on('data', chunk => { said += String(chunk) })
      child.on('error', (error: NodeJS.ErrnoException) => {
        said = error.code === 'ENOENT' ? `the program ${qemuProgram} is not installed` : error.message
        finish('failed')
      })
      child.on('close', code => { finish(late ? 'too-slow' : code === guestExitCode ? 'finished' : 'failed') })
    })
  } finally {
    await rm(folder, { recursive: true, force: true })
  }
}

/** What AC3 compares. */
export async function verdictKey(): Promise<string> {
  const boot = await readFile('/proc/sys/kernel/random/boot_id', 'utf8').catch(() => '')
  const path = (process.env['PATH'] ?? '').split(':')
  for (const folder of path) {
    const program = await stat(join(folder, qemuProgram)).catch(() => undefined)
    if (program !== undefined) return `${release()} ${boot.trim()} ${program.size} ${program.mtimeMs}`
  }
  return ''
}

/** The kept verdict, or a fresh one which is then kept. Never rejects for want of a working accelerator. */
export async function findAcceleration(file: string | null, clock: Clock): Promise<AccelerationVerdict | { readonly broken: string }> {
  const key = await verdictKey()
  if (file !== null && key !== '') {
    const kept = await readFile(file, 'utf8').then(text => JSON.parse(text) as { key: string; verdict: AccelerationVerdict }, () => undefined)
    if (kept?.key === key) return kept.verdict
  }
  const verdict = await judge((accelerator, sandbox) => tryAccelerator(accelerator, sandbox, clock), process.platform)
  if (file !== null && !('broken' in verdict)) await writeJson(file, { key, verdict }).catch(() => {}) // then the next one tries again
  return verdict
}
