/** English: the catalogue's measure; the other languages have the same keys. */
export const en = {
  app: { name: 'Kubarium', faults: 'running faults: {count}', skip: 'Skip to content', navigation: 'Rooms', language: 'Language', theme: 'Theme', themeSystem: 'As the system', themeLight: 'Light', themeDark: 'Dark', lab: 'Lab', narrow: 'Narrow the navigation', widen: 'Widen the navigation' },
  group: { lab: 'Lab', cluster: 'Cluster', practice: 'Practice', controlPlane: 'Control plane', worker: 'Workers' },
  room: { knows: 'Knows', wants: 'Wants', did: 'Did', controls: 'Controls', controlsHint: 'what may be done to the process', instance: 'Which one', pid: 'PID', views: 'Panels or log', panels: 'Panels', resize: 'Size of the panels', none: 'This lab does not run one now.' },
  palette: { title: 'Command palette', placeholder: 'Where to, or what to do?', none: 'Nothing is called “{typed}”. Try a room, a node or a kind of object.', jump: 'Jump to…', lab: 'Look at lab {lab}', heal: 'Heal all running faults ({count})', terminal: 'Open a kubectl terminal', shell: 'Open a shell on {node}', dock: 'Show or hide the terminals' },
  link: { connecting: 'Connecting to the lab host…', lost: 'The connection to the lab host is lost. It is tried again by itself.' },
  feed: { waiting: 'Waiting for the first report…', lost: 'Not up to date: the source does not answer.' },
  notice: { dismiss: 'Put this message away', title: 'Messages' },
  phase: { absent: 'absent', starting: 'starting', running: 'running', degraded: 'degraded', stopping: 'stopping', stopped: 'stopped', deleting: 'being deleted', ready: 'ready', unready: 'not ready', paused: 'paused', crashed: 'crashed', creating: 'being made', booting: 'booting', provisioning: 'being set up', failed: 'failed', up: 'up', down: 'down', connecting: 'connecting' },
  node: {
    machine: 'Machine', cluster: 'In the cluster', ready: 'Ready', notReady: 'NotReady', unknown: 'Unknown', noNode: 'not registered', address: 'Address', link: 'Control link', cpu: 'CPU', memory: 'Memory', provider: 'Provider', agents: 'Agents', lastError: 'Last error',
    start: 'Start', stop: 'Shut down', powerOff: 'Pull the plug', reset: 'Reset', shell: 'Shell', console: 'Console',
    powerOffTitle: 'Pull the plug of {node}?', powerOffText: 'The machine stops at once, as if its power was cut. The cluster notices after the grace period and moves its pods.',
  },
  component: { followLogOf: 'Follow the log of {name} in a terminal', logLevel: 'Log level (--v)', logLevelDebug: '{level} · with debug lines', name: 'Component', state: 'State', restarts: 'Restarts', cpu: 'CPU', memory: 'Memory', age: 'Age', lastError: 'Last error', actions: 'Actions', kill: 'Kill', restart: 'Restart', pause: 'Pause', resume: 'Resume', logs: 'Logs', killOf: 'Kill {name}', restartOf: 'Restart {name}', pauseOf: 'Pause {name}', resumeOf: 'Resume {name}', logsOf: 'Logs of {name}' },
  terminal: { log: 'Log of {source}', endedWith: 'ended with {status}', next: 'Next place', before: 'Place before', found: '{at} of {count}', notFound: 'not found', dock: 'Terminals', kubectl: 'kubectl', ssh: 'Shell on {node}', console: 'Console of {node}', exec: 'Shell in {pod}', close: 'Close {name}', hide: 'Hide the terminals', show: 'Show the terminals', none: 'No terminal is open.', ended: 'ended', resize: 'Height of the terminals', search: 'Find in the terminal', screen: 'Screen of {name}' },
  dialog: { cancel: 'Cancel', close: 'Close' },
  chart: { table: '{title} as a table', time: 'Time' },
  metrics: { title: 'Metrics', charts: 'Charts', families: 'All that it counts', filter: 'Name or meaning', none: 'Choose what shall be drawn from the list.', by: 'told apart by', byOf: '{name}: told apart by', all: 'nothing: all together', perSecond: '{value}/s' },
  reach: { look: 'Look before it starts', nodes: 'Nodes ({count})', pods: 'Pods ({count})', services: 'Services ({count})' },
  diff: { same: 'No line differs.', gap: '{lines} lines are the same' },
  command: { copy: 'Copy: {command}' },
  action: { title: 'Under way', dismiss: 'Put {title} away' },
  progress: {
    doctor: 'Checking this machine', 'images-node': 'Worker image', 'images-node-detail': 'Worker image: {detail}', 'images-containers': 'Container images', 'images-containers-detail': 'Container images: {detail}', certificates: 'Certificates',
    'checkpoint-save': 'Checkpoint {name}', 'checkpoint-prepare': 'Checkpoint {name}: making ready', 'checkpoint-freeze': 'Checkpoint {name}: everything stands still', 'checkpoint-take': 'Checkpoint {name}: taking memory, disks and the store', 'checkpoint-finish': 'Checkpoint {name}: the lab goes on; writing to the disk', 'checkpoint-digest': 'Checkpoint {name}: checksums', 'checkpoint-saved': 'Checkpoint {name} of lab {lab} is saved', 'checkpoint-export': 'Writing checkpoint {name} to {file}', 'checkpoint-exported': 'Checkpoint {name} is in {file}', 'checkpoint-import': 'Reading {file}', 'checkpoint-imported': 'Checkpoint {name} is imported into lab {lab}', 'rewind-verify': 'Looking whether checkpoint {name} is whole', 'rewind-halt': 'Ending what runs', 'rewind-put-back': 'Putting back the store and all files', 'rewind-start': 'Starting from checkpoint {name}', 'checkpoint-rewound': 'Lab {lab} is what it was at checkpoint {name}', 'lab-branched': 'Lab {lab} goes on from checkpoint {name}',
    'control-plane': 'Control plane', 'control-plane-wait': 'Control plane: waiting for {components}', 'machine-create': '{node}: making the machine', 'machine-start': '{node}: starting the machine ({provider})', 'machine-clone': '{node}: starting the machine from its template', 'machine-adopt': '{node}: found running', 'machine-connect': '{node}: waiting for SSH', 'machine-provision': '{node}: installing the agents', 'machine-provision-detail': '{node}: {detail}', 'machine-stop': '{node}: shutting down', 'machine-delete': '{node}: removing', 'machine-ready': '{node}: waiting until it is Ready',
    template: 'Keeping a template of a ready worker', 'simulated-ready': 'Simulated nodes: {ready} of {count} Ready', addons: 'Cluster services', 'addons-wait': 'Cluster services: waiting for {names}', 'components-stop': 'Stopping the control plane', 'delete-files': "Removing the lab's files", lab: 'Lab {lab}', 'lab-up': 'Lab {lab} is up: {nodes} of {nodes} nodes Ready', 'lab-down': 'Lab {lab} is stopped; its data is kept', 'lab-deleted': 'Lab {lab} is deleted',
  },
}

export type Catalogue = typeof en
