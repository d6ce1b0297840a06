/** A process ends at once; its supervisor starts it again. */
import type { Fault } from '../fault.ts'

export const componentKill: Fault<'component'> = {
  kind: {
    name: 'component-kill', title: 'A process is killed', group: 'component', target: 'component', resource: null, parameters: [], lasts: false, providers: null,
    effect: 'The process gets SIGKILL, and its supervisor starts it again.',
    evidence: 'Its restart count is one higher; its log has a new beginning; clients reconnect.',
    healing: 'There is nothing to heal.',
  },
  claims: () => [],
  inject: (world, { target }) => world.component(target.name, 'kill'),
}
