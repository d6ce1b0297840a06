import { expect, test } from 'vitest'
import { type Accelerator, judge, type Trial, trialFirmware } from './acceleration.ts'

function trials(outcomes: Partial<Record<`${Accelerator}${'' | '+sandbox'}`, Partial<Trial>>>) {
  const asked: string[] = []
  return {
    asked,
    attempt: (accelerator: Accelerator, sandbox: boolean): Promise<Trial> => {
      const key = `${accelerator}${sandbox ? '+sandbox' : ''}` as const
      asked.push(key)
      return Promise.resolve({ outcome: 'finished', elapsedMs: 90, said: '', ...outcomes[key] })
    },
  }
}

test('AC1 hardware that lets the guest finish in time is used', async () => {
  const { attempt, asked } = trials({})
  expect(await judge(attempt, 'linux')).toEqual({ accelerator: 'kvm', sandbox: true, text: 'Machines run with KVM.' })
  expect(asked).toEqual(['tcg+sandbox', 'kvm+sandbox'])
  expect(await judge(trials({}).attempt, 'darwin')).toMatchObject({ accelerator: 'hvf', sandbox: false })
})

test('AC1 an accelerator that opens but crawls is not used, and the user is told', async () => {
  expect(await judge(trials({ 'kvm+sandbox': { outcome: 'too-slow', elapsedMs: 1_510 } }).attempt, 'linux')).toEqual({
    accelerator: 'tcg',
    sandbox: true,
    text: 'KVM is there, but a trial guest made no useful progress with it in 1.5 s; machines run by software emulation, which is slower.',
  })
})

test('a reason that QEMU gives reaches the user', async () => {
  const said = 'qemu-system-x86_64: warning: something\nqemu-system-x86_64: Could not access KVM kernel module: Permission denied\n'
  expect(await judge(trials({ 'kvm+sandbox': { outcome: 'failed', said } }).attempt, 'linux')).toMatchObject({
    accelerator: 'tcg', text: 'KVM cannot be used (Could not access KVM kernel module: Permission denied); machines run by software emulation, which is slower.',
  })
})

test('AC4 a QEMU without seccomp is used without; AC2 one that cannot even emulate is broken', async () => {
  const { attempt, asked } = trials({ 'tcg+sandbox': { outcome: 'failed', said: 'There is no option group \'sandbox\'' } })
  expect(await judge(attempt, 'linux')).toMatchObject({ accelerator: 'kvm', sandbox: false })
  expect(asked).toEqual(['tcg+sandbox', 'tcg', 'kvm'])
  expect(await judge(trials({ 'tcg+sandbox': { outcome: 'failed' }, tcg: { outcome: 'failed', said: 'the program is not installed' } }).attempt, 'linux')).toEqual({ broken: 'the program is not installed' })
})

test('the trial\'s firmware starts where a processor starts', () => {
  const firmware = trialFirmware()
  expect(firmware.length).toBe(0x10000)
  expect(firmware.subarray(0xfff0, 0xfff5).toString('hex')).toBe('ea00e000f0')
  expect(firmware.subarray(0xe000, 0xe006).toString('hex')).toBe('66b900000001')
})
