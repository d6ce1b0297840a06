/** What most commands do: reach the lab host, ask, follow an action to its end. */
import type { ContractClient } from './contract-client.ts'
import type { LabState } from '../contract/labs.ts'
import { ContractFailure } from './contract-client.ts'
import { ProgressView } from './progress-view.ts'
import { reachHost } from './reach-host.ts'

export async function withHost<T>(run: (host: ContractClient) => Promise<T>): Promise<T> {
  using host = await reachHost()
  return await run(host)
}

/** Shows an action until it ends; fails with its reason. */
export async function followAction(host: ContractClient, action: string): Promise<void> {
  const view = new ProgressView({ write: text => { process.stderr.write(text) }, isTerminal: process.stderr.isTTY === true, columns: process.stderr.columns ?? 100 }, () => performance.now())
  let failure: string | undefined
  for await (const item of host.follow('labs/progress', { action })) {
    if (item.step === 'lab' && item.state === 'failed') failure = item.text
    else view.show(item)
  }
  if (failure !== undefined) throw new Error(failure)
}

export async function labIfAny(host: ContractClient, lab: string): Promise<LabState | undefined> {
  try {
    return await host.call('labs/status', { lab })
  } catch (error) {
    if (error instanceof ContractFailure && error.code === 'not-found') return undefined
    throw error
  }
}
