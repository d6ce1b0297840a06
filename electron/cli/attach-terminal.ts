/** Joins this terminal to one that lives in the lab host. Ctrl-] leaves it; the far side then ends. */
import type { TerminalTarget } from '../contract/terminals.ts'
import type { ContractClient } from './contract-client.ts'

const leaveKey = '\x1d'

export async function attachTerminal(host: ContractClient, lab: string, target: TerminalTarget): Promise<void> {
  const size = () => ({ columns: process.stdout.columns ?? 80, rows: process.stdout.rows ?? 24 })
  const terminal = await host.call('terminals/open', { lab, target, ...size() })
  const { id } = terminal
  if (process.stdin.isTTY === true) {
    process.stderr.write('Attached; leave with Ctrl-]\r\n')
    process.stdin.setRawMode(true)
  }
  const input = (chunk: Buffer): void => {
    const data = chunk.toString('utf8')
    const end = data.indexOf(leaveKey)
    if (end >= 0) void host.call('terminals/close', { id }).catch(() => {})
    else void host.call('terminals/input', { id, data }).catch(() => {})
  }
  const resize = (): void => { void host.call('terminals/resize', { id, ...size() }).catch(() => {}) }
  process.stdin.on('data', input)
  process.stdout.on('resize', resize)
  const leave = (): void => { void host.call('terminals/close', { id }).catch(() => {}) }
  process.once('SIGTERM', leave)
  process.once('SIGINT', leave)
  try {
    for await (const { data } of host.follow('terminals/output', { id })) process.stdout.write(data)
  } finally {
    process.stdin.off('data', input)
    process.stdin.pause()
    process.stdout.off('resize', resize)
    if (process.stdin.isTTY === true) process.stdin.setRawMode(false)
  }
}
