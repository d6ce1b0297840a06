import { describe, expect, test } from 'vitest'
import { chooseDialect, portPrefix, readChannelMessage, readResize, renderChannelMessage } from './channel-dialects.ts'
import { commandExited, readCommandStatus } from './remote-command-status.ts'

const text = (value: string) => new TextEncoder().encode(value)

describe('WebSocket channel dialects', () => {
  test('CD1 binary and base64 round-trip every byte', () => {
    const every = Uint8Array.from({ length: 256 }, (_, index) => index)
    for (const protocol of ['v5.channel.k8s.io', 'v4.channel.k8s.io', 'v4.base64.channel.k8s.io', 'channel.k8s.io', 'base64.channel.k8s.io']) {
      const dialect = chooseDialect([protocol])!
      expect(readChannelMessage(dialect, renderChannelMessage(dialect, 1, every))).toEqual({ channel: 1, data: every })
    }
    expect(renderChannelMessage(chooseDialect(['v4.base64.channel.k8s.io'])!, 0, text('hi'))).toBe('0aGk=')
  })

  test('CD2 the newest known dialect wins, whatever the order', () => {
    expect(chooseDialect(['channel.k8s.io', 'v4.channel.k8s.io', 'v5.channel.k8s.io'])?.protocol).toBe('v5.channel.k8s.io')
    expect(chooseDialect([])?.protocol).toBe('')
    expect(chooseDialect(['v9.channel.k8s.io'])).toBeUndefined()
  })

  test('CD3 only v5 half-closes', () => {
    expect(readChannelMessage(chooseDialect(['v5.channel.k8s.io'])!, Uint8Array.of(255, 0))).toEqual({ closed: 0 })
    expect(readChannelMessage(chooseDialect(['v4.channel.k8s.io'])!, Uint8Array.of(255, 0))).toEqual({ channel: 255, data: Uint8Array.of(0) })
  })

  test('CD5 what is no message is undefined', () => {
    const binary = chooseDialect(['v5.channel.k8s.io'])!
    const base64 = chooseDialect(['base64.channel.k8s.io'])!
    expect(readChannelMessage(binary, new Uint8Array(0))).toBeUndefined()
    expect(readChannelMessage(binary, 'text')).toBeUndefined()
    expect(readChannelMessage(base64, 'xaGk=')).toBeUndefined()
    expect(readChannelMessage(base64, '0***')).toBeUndefined()
  })

  test('resize and ports', () => {
    expect(readResize('{"Width":100,"Height":40}')).toEqual({ width: 100, height: 40 })
    expect(readResize('null')).toBeUndefined()
    expect(readResize('{')).toBeUndefined()
    expect([...portPrefix(8080)]).toEqual([0x90, 0x1f])
  })
})

describe('remote command status', () => {
  test('exit codes', () => {
    expect(commandExited(0)).toEqual({ metadata: {}, status: 'Success' })
    expect(commandExited(3)).toMatchObject({ status: 'Failure', reason: 'NonZeroExitCode', details: { causes: [{ reason: 'ExitCode', message: '3' }] } })
  })

  test('CD4 text of older peers is a failure', () => {
    expect(readCommandStatus('boom')).toMatchObject({ status: 'Failure', message: 'boom' })
    expect(readCommandStatus('')).toMatchObject({ status: 'Success' })
    expect(readCommandStatus(JSON.stringify(commandExited(9)))).toEqual(commandExited(9))
  })
})
