/** checkpoint save|list|rewind|branch|golden|delete|verify|export|import|settings */
import { resolve } from 'node:path'
import type { Command } from 'commander'
import type { CheckpointList, CheckpointSettings } from '../../contract/checkpoints.ts'
import { followAction, withHost } from '../host-session.ts'
import { UsageError, print, renderTable } from '../output.ts'
import { type LabOptions, aboutLab } from './command-parts.ts'

interface SettingsOptions extends LabOptions {
  readonly beforeDrills?: string
  readonly keep?: string
}

export function addCheckpointCommands(program: Command): void {
  const checkpoint = program.command('checkpoint').description('keep a running lab as it is, go back to it, or go on from it beside it')
  aboutLab(checkpoint.command('save [checkpoint]'))
    .description('keep everything of the lab as it is now: machines with their memory, store, certificates, network, faults')
    .action((name: string | undefined, options: LabOptions) =>
      withHost(async host => {
        const { action, name: saved } = await host.call('checkpoints/save', { lab: options.name, name: name ?? null })
        await followAction(host, action)
        const { checkpoints } = await host.call('checkpoints/list', { lab: options.name })
        const state = checkpoints.find(each => each.name === saved)
        print(options.output, state, () => (state === undefined ? '' : `${saved}: ${sizeText(state.sizeBytes)}, the lab stood still for ${state.standstillMs} ms. Go back with: kubarium checkpoint rewind ${saved} --name ${options.name}`))
      }),
    )

  aboutLab(checkpoint.command('list'))
    .description('the checkpoints of the lab, with what they occupy')
    .action((options: LabOptions) =>
      withHost(async host => {
        const list = await host.call('checkpoints/list', { lab: options.name })
        print(options.output, list, () => listText(list))
      }),
    )

  aboutLab(checkpoint.command('rewind <checkpoint>'))
    .description('make the running lab what it was; what came after is lost')
    .action((name: string, options: LabOptions) =>
      withHost(async host => {
        const { action } = await host.call('checkpoints/rewind', { lab: options.name, name })
        await followAction(host, action)
        print(options.output, { lab: options.name, name }, () => '')
      }),
    )

  aboutLab(checkpoint.command('branch <checkpoint> <lab>'))
    .description('start a second lab of that name beside the first, from the checkpoint')
    .action((name: string, as: string, options: LabOptions) =>
      withHost(async host => {
        const { action } = await host.call('checkpoints/branch', { lab: options.name, name, as })
        await followAction(host, action)
        print(options.output, { lab: as, of: options.name, name }, () => '')
      }),
    )

  aboutLab(checkpoint.command('golden'))
    .description('the lab, as it is right after it was made, becomes what `up` makes new labs of the same topology from')
    .action((options: LabOptions) =>
      withHost(async host => {
        const { action } = await host.call('checkpoints/golden', { lab: options.name })
        await followAction(host, action)
        print(options.output, { lab: options.name }, () => '')
      }),
    )

  aboutLab(checkpoint.command('delete <checkpoint>'))
    .description('free what no other checkpoint and no machine shares with it')
    .action((name: string, options: LabOptions) =>
      withHost(async host => {
        const { freedBytes } = await host.call('checkpoints/delete', { lab: options.name, name })
        print(options.output, { name, freedBytes }, () => `Checkpoint ${name} is deleted; ${sizeText(freedBytes)} are free`)
      }),
    )

  aboutLab(checkpoint.command('verify <checkpoint>'))
    .description('read every file of it and compare the checksums')
    .action((name: string, options: LabOptions) =>
      withHost(async host => {
        const { problem } = await host.call('checkpoints/verify', { lab: options.name, name })
        print(options.output, { name, problem }, () => (problem === null ? `Checkpoint ${name} is whole` : ''))
        if (problem !== null) throw new Error(problem)
      }),
    )

  aboutLab(checkpoint.command('export <checkpoint> <file>'))
    .description('write it into one file that another desktop can take in')
    .action((name: string, file: string, options: LabOptions) =>
      withHost(async host => {
        const { action } = await host.call('checkpoints/export', { lab: options.name, name, file: resolve(file) })
        await followAction(host, action)
        print(options.output, { name, file: resolve(file) }, () => '')
      }),
    )

  aboutLab(checkpoint.command('import <file>'))
    .description('take in a file that was exported; where there is no lab of the name, it is made from it')
    .option('--as <checkpoint>', 'what it is called here')
    .action((file: string, options: LabOptions & { readonly as?: string }) =>
      withHost(async host => {
        const { action } = await host.call('checkpoints/import', { lab: options.name, file: resolve(file), name: options.as ?? null })
        await followAction(host, action)
        print(options.output, { lab: options.name, file: resolve(file) }, () => '')
      }),
    )

  aboutLab(checkpoint.command('settings'))
    .description('what is done by itself; without options, shows it')
    .option('--before-drills <on|off>', 'a checkpoint before every drill')
    .option('--keep <count>', 'how many of those are kept')
    .action((options: SettingsOptions) =>
      withHost(async host => {
        const change: Partial<CheckpointSettings> = {
          ...(options.beforeDrills === undefined ? {} : { beforeDrills: readSwitch('--before-drills', options.beforeDrills) }),
          ...(options.keep === undefined ? {} : { keepAutomatic: Number(options.keep) }),
        }
        const settings = await host.call('checkpoints/settings', { lab: options.name, change })
        print(options.output, settings, () => renderTable(['SETTING', 'VALUE'], Object.entries(settings).map(([name, value]) => [name, String(value)])))
      }),
    )
}

function listText({ checkpoints, damaged, current, sizeBytes }: CheckpointList): string {
  if (checkpoints.length + damaged.length === 0) return 'There are no checkpoints. Make one with: kubarium checkpoint save'
  const rows = checkpoints.map(each => [`${each.name === current ? '* ' : '  '}${each.name}`, each.takenAt, each.reason, String(each.nodes.length), sizeText(each.sizeBytes), sizeText(each.ownBytes), `${each.standstillMs} ms`])
  return [
    renderTable(['  CHECKPOINT', 'TAKEN', 'WHY', 'NODES', 'SIZE', 'OWN', 'STOOD STILL'], rows),
    ...damaged.map(({ name, problem }) => `${name}: ${problem}`),
    `Together ${sizeText(sizeBytes)}; what is shared counts once.${current === null ? '' : ' * the lab goes on from it'}`,
  ].join('\n')
}

function sizeText(bytes: number): string {
  return bytes < 1024 ** 2 ? `${Math.ceil(bytes / 1024)} KiB` : `${(bytes / 1024 ** 2).toFixed(1)} MiB`
}

function readSwitch(option: string, value: string): boolean {
  if (value !== 'on' && value !== 'off') throw new UsageError(`${option} is on or off, not "${value}"`)
  return value === 'on'
}
