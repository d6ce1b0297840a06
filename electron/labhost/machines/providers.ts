/**
 * The providers by name. The ones a Lab file may name but this version cannot run are refused here, at the door (MA5).
 */
import type { Provider } from '../../contract/labs.ts'
import type { MachineProvider } from './machine.ts'
import { MachineError } from './machine-error.ts'

const refusals: Partial<Record<Provider, string>> = {
  multipass: 'The multipass provider is not built yet. Use provider "qemu" (real virtual machines, no root) or "namespace" (Linux, root).',
  ssh: 'The ssh provider (machines you already have) is not built yet. Use provider "qemu" or "namespace".',
  simulated: 'A simulated node has no machine: it is played by the component simulated-kubelets.',
}

export function providerNamed(name: Provider, available: readonly MachineProvider[]): MachineProvider {
  const provider = available.find(candidate => candidate.name === name)
  if (provider !== undefined) return provider
  throw new MachineError('ProviderNotSupported', refusals[name] ?? `There is no machine provider called "${name}".`)
}
