/** English text of every step a user can see; screens translate by key. Values stand in braces. */
export const progressTexts = {
  'doctor': 'Checking this machine',
  'images.node': 'Worker image',
  'images.node.detail': 'Worker image: {detail}',
  'images.containers': 'Container images',
  'images.containers.detail': 'Container images: {detail}',
  'certificates': 'Certificates',
  'control-plane': 'Control plane',
  'control-plane.wait': 'Control plane: waiting for {components}',
  'machine.create': '{node}: making the machine',
  'machine.start': '{node}: starting the machine ({provider})',
  'machine.clone': '{node}: starting the machine from its template',
  'machine.adopt': '{node}: found running',
  'machine.connect': '{node}: waiting for SSH',
  'machine.provision': '{node}: installing the agents',
  'machine.provision.detail': '{node}: {detail}',
  'machine.stop': '{node}: shutting down',
  'machine.delete': '{node}: removing',
  'machine.ready': '{node}: waiting until it is Ready',
  'simulated.ready': 'Simulated nodes: {ready} of {count} Ready',
  'addons': 'Cluster services',
  'addons.wait': 'Cluster services: waiting for {names}',
  'components.stop': 'Stopping the control plane',
  'delete.files': 'Removing the lab\'s files',
  'checkpoint.save': 'Checkpoint {name}',
  'checkpoint.prepare': 'Checkpoint {name}: making ready',
  'checkpoint.freeze': 'Checkpoint {name}: everything stands still',
  'checkpoint.take': 'Checkpoint {name}: taking memory, disks and the store',
  'checkpoint.finish': 'Checkpoint {name}: the lab goes on; writing to the disk',
  'checkpoint.digest': 'Checkpoint {name}: checksums',
  'checkpoint.saved': 'Checkpoint {name} of lab {lab} is saved',
  'checkpoint.export': 'Writing checkpoint {name} to {file}',
  'checkpoint.exported': 'Checkpoint {name} is in {file}',
  'checkpoint.import': 'Reading {file}',
  'checkpoint.imported': 'Checkpoint {name} is imported into lab {lab}',
  'rewind.verify': 'Looking whether checkpoint {name} is whole',
  'rewind.halt': 'Ending what runs',
  'rewind.put-back': 'Putting back the store and all files',
  'rewind.start': 'Starting from checkpoint {name}',
  'checkpoint.rewound': 'Lab {lab} is what it was at checkpoint {name}',
  'lab.branched': 'Lab {lab} goes on from checkpoint {name}',
  'lab': 'Lab {lab}',
  'lab.up': 'Lab {lab} is up: {nodes} of {nodes} nodes Ready',
  'lab.down': 'Lab {lab} is stopped; its data is kept',
  'lab.deleted': 'Lab {lab} is deleted',
} as const

export type ProgressKey = keyof typeof progressTexts
export type ProgressValues = Readonly<Record<string, string | number>>

export function progressText(key: ProgressKey, values: ProgressValues): string {
  return progressTexts[key].replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole))
}
