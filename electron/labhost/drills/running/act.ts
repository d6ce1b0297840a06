/** Does what a repair or a revert says, and says it as a person would type it. */
import type { Act } from '../drill.ts'
import { unlessGone } from '../unless-gone.ts'
import type { DrillWorld } from './drill-world.ts'

export async function act(step: Act, world: DrillWorld, namespace: string): Promise<void> {
  switch (step.act) {
    case 'merge':
      await world.api.merge(step.path, step.body)
      return
    case 'apply':
      await world.api.apply(step.object, namespace)
      return
    case 'delete':
      await unlessGone(world.api.delete(step.path, step.body))
      return
    case 'restart':
      await world.restart(step.component)
      return
    case 'machine':
      await world.machine(step.node, step.verb)
      return
    case 'run':
      await world.run(step.node, step.argv, runTimeoutMs)
  }
}

const runTimeoutMs = 30_000

export function actText(step: Act): string {
  switch (step.act) {
    case 'merge':
      return `patch ${step.path} ${JSON.stringify(step.body)}`
    case 'apply':
      return `apply ${step.object.kind} ${step.object.metadata.name}`
    case 'delete':
      return `delete ${step.path}`
    case 'restart':
      return `restart ${step.component}`
    case 'machine':
      return `${step.verb} machine ${step.node}`
    case 'run':
      return `on ${step.node}: ${step.argv.join(' ')}`
  }
}
