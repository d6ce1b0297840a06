/**
 * Reports of a machine, told every few seconds by one small program that stays on it while somebody looks.
 *
 *   MW1  Ends with its signal, and the program with it; when the line is lost it throws.
 */
import { createInterface } from 'node:readline'
import type { MachineReport } from '../../contract/machines.ts'
import { readMachineReport, reportProgram } from './machine-report.ts'
import { ProvisionError } from './provision-error.ts'
import type { ServiceLink } from './service-manager.ts'

export async function* watchMachine(link: ServiceLink, intervalSeconds: number, signal: AbortSignal): AsyncGenerator<MachineReport> {
  signal.throwIfAborted()
  const remote = await link.open(['/bin/busybox', 'sh', '-c', reportProgram, 'sh', String(intervalSeconds)])
  const lines = createInterface({ input: remote.stdout })
  const onAbort = (): void => { remote.kill('KILL') }
  signal.addEventListener('abort', onAbort, { once: true })
  remote.stderr.resume()
  let block: string[] = []
  try {
    for await (const line of lines) {
      if (line !== '.') {
        block.push(line)
        continue
      }
      yield await readMachineReport(block.join('\n'))
      block = []
    }
    signal.throwIfAborted()
    throw new ProvisionError('LinkDown', 'the machine stopped reporting')
  } finally {
    signal.removeEventListener('abort', onAbort)
    lines.close()
    remote.kill('KILL')
  }
}
