/** A process stands still: its connections stay open and nobody answers. */
import type { Fault } from '../fault.ts'
import { runStateOf } from '../claims.ts'

export const componentPause: Fault<'component'> = {
  kind: {
    name: 'component-pause', title: 'A process stands still', group: 'component', target: 'component', resource: null, parameters: [], lasts: true, providers: null,
    effect: 'The process gets SIGSTOP: its connections stay open, and nobody answers on them.',
    evidence: 'Its health address does not answer; a paused kubelet makes its node NotReady after 40 seconds, a paused scheduler leaves pods Pending.',
    healing: 'The process gets SIGCONT and goes on where it stood.',
  },
  claims: ({ name }) => [runStateOf(name)],
  isOfDesktop: true,
  inject: (world, { target }) => world.component(target.name, 'pause'),
  heal: (world, { target }) => world.component(target.name, 'resume'),
}
