/**
 * The `kubarium` command. Exit status 0 on success, 1 failed, 2 wrong usage; of programs it runs (kubectl, ssh), theirs.
 */
import { Command, CommanderError } from 'commander'
import { findInstallation } from '../labhost/files/installation.ts'
import { addCheckpointCommands } from './commands/checkpoint-commands.ts'
import { addComponentCommands } from './commands/component-commands.ts'
import { addDrillCommands } from './commands/drill-commands.ts'
import { addFaultCommands } from './commands/fault-commands.ts'
import { addLabCommands } from './commands/lab-commands.ts'
import { addMachineCommands } from './commands/machine-commands.ts'
import { addNetworkCommands } from './commands/network-commands.ts'
import { addNodeCommands } from './commands/node-commands.ts'
import { addTraceCommand } from './commands/trace-command.ts'
import { ExitStatus, UsageError } from './output.ts'

const program = new Command('kubarium')
  .description('A laboratory for Kubernetes that works with no network')
  .version(findInstallation().version)
  .enablePositionalOptions()
  .showSuggestionAfterError()
addLabCommands(program)
addNodeCommands(program)
addComponentCommands(program)
addNetworkCommands(program)
addCheckpointCommands(program)
addDrillCommands(program)
addFaultCommands(program)
addMachineCommands(program)
addTraceCommand(program)
throwErrors(program)

process.stdout.on('error', error => {
  if ((error as NodeJS.ErrnoException).code === 'EPIPE') process.exit(0) // the reader, head for example, has enough
})

try {
  await program.parseAsync(process.argv)
  process.exitCode = 0
} catch (error) {
  process.exitCode = statusOf(error)
}
// Nothing is left to wait for: what must go on is in the lab host.
process.stdin.unref?.()

function throwErrors(command: Command): void {
  command.exitOverride()
  for (const child of command.commands) throwErrors(child)
}

function statusOf(error: unknown): number {
  if (error instanceof ExitStatus) return error.status
  if (error instanceof CommanderError) {
    // A command group without a command shows its help; that is wrong usage too.
    return error.exitCode === 0 && error.code !== 'commander.help' ? 0 : 2
  }
  process.stderr.write(`kubarium: ${error instanceof Error ? error.message : String(error)}\n`)
  return error instanceof UsageError ? 2 : 1
}
