/** Holds one loop of a component, lets it go on, or lets one of what waits for it through; and the command that does the same. */
import { useLabCommand } from './lab-command.ts'
import { useLabsStore } from './labs.ts'

type Verb = 'pause' | 'resume' | 'step'

export function useLoopSteering(loop: () => { readonly component: string | null; readonly name: string }): { steer(verb: Verb): void; commandTo(verb: Verb): string } {
  const labs = useLabsStore()
  const command = useLabCommand()
  return {
    steer(verb) {
      const { component, name } = loop()
      if (labs.lab !== null && component !== null) void labs.ask('components/steer', { lab: labs.lab.spec.name, component, controller: name, verb }, `${component}/${name}`)
    },
    commandTo(verb) {
      const { component, name } = loop()
      return command('component', 'steer', component ?? '', name, '--do', verb)
    },
  }
}
