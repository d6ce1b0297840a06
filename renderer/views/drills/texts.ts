/** Texts of the room of drills. What each drill says comes with it, in the same languages; what probes see is said as they see it. */
import { roomCatalogue } from '../../lib/room.ts'

export const drillsTexts = roomCatalogue({
  en: {
    title: 'Drills', purpose: 'Would this lab, and would I, stand that?', list: 'Drills there are', find: 'Find a drill', count: '{shown} of {all} drills', nodes: 'nodes: {count}', tabs: 'Drill, run or past runs', drill: 'Drill', theRun: 'Run', past: 'Past runs ({count})', openFile: 'Open a drill file…',
    choose: 'Choose a drill: a hypothesis about this lab, faults on a time line, and a verdict with its evidence. Everything is put back at the end.', underWay: 'under way', hypothesis: 'Hypothesis', explanation: 'What happens inside', needs: 'Needs', takes: 'Takes', lacks: 'This lab has {has} such nodes, and it needs {needs}: it cannot be run here yet.', probes: 'What is looked at', showCommands: 'Show what an expert would do', hideCommands: 'Hide what an expert would do',
    impact: 'What would it touch?', impactText: 'Which nodes, pods and Services its faults would select now.', faults: 'Faults', at: 'At', fault: 'Fault', target: 'Target', later: 'Chosen or made only when it runs',
    start: 'Run it', seed: 'Seed', anySeed: 'any', seedText: 'The same seed makes the same time line and choices.', wrongSeed: 'A seed is a whole number from 0 to {most}.', whoRepairs: 'Who repairs', run: 'Run', oneAtATime: 'A drill is under way; a lab runs one at a time.',
    stop: 'Stop, and put everything back', again: 'Again with this seed', saveHtml: 'Report as HTML', saveJson: 'Report as JSON', toCurrent: 'Back to the last run', score: '{score} of 100', runOf: '{id}, seed {seed}', course: 'The course of it', checks: 'What must hold', lastSeen: 'What the probes see', nothingSeen: 'Nothing was seen yet.', noRun: 'No drill was run in this lab yet.',
    met: 'Met', probe: 'Probe', rule: 'Rule and evidence', weight: 'Weight', open: 'open', yes: 'yes', no: 'no', held: 'Held', seen: 'Seen', since: 'Since', shape: 'Picture or table', picture: 'Picture', table: 'Table', pictureLabel: 'Time line of {rows} rows: faults, probes, acts, repairs and events. The table says the same.', what: 'What', details: 'Details', from: 'From', to: 'To', yesTimes: 'yes, {count} times', noTimes: 'no, {count} times',
    verdict: 'Verdict', points: 'Score', began: 'Began',
    'state-none': 'nobody, or you', 'state-expert': 'the expert', 'state-preparing': 'preparing', 'state-breaking': 'breaking', 'state-recovering': 'recovering', 'state-reverting': 'putting back', 'state-over': 'over',
    'end-passed': 'passed', 'end-failed': 'failed', 'end-aborted': 'aborted', 'end-stopped': 'stopped', 'end-problem': 'could not be run',
    'event-phase': 'Phase', 'event-fault': 'Fault', 'event-heal': 'Healed', 'event-act': 'Acts', 'event-repair': 'Repairs', 'event-event': 'Events', 'event-note': 'Note',
    rewind: 'Rewind to before it broke', rewindTitle: 'Rewind the lab to before this drill?', rewindText: 'Everything since then is undone: checkpoint {name}.', rewinding: 'Rewinding to before the drill', noRewind: 'There is no way back to before the drill: {reason}', rewindGone: 'The checkpoint before this drill, {name}, is not there any more.',
  },
  'zh-Hant': {
    title: '演練', purpose: '這個實驗室，還有我自己，撐得住嗎？', list: '所有演練', find: '尋找演練', count: '{all} 個演練中的 {shown} 個', nodes: '節點：{count}', tabs: '演練、執行或過去的執行', drill: '演練', theRun: '執行', past: '過去的執行（{count}）', openFile: '開啟演練檔案…',
    choose: '選擇一個演練：對這個實驗室的假設、時間線上的故障，以及附有證據的判定。最後一切都會還原。', underWay: '進行中', hypothesis: '假設', explanation: '內部發生什麼', needs: '需要', takes: '需時', lacks: '此實驗室有 {has} 個這樣的節點，而它需要 {needs} 個：目前無法在此執行。', probes: '觀察什麼', showCommands: '顯示專家的做法', hideCommands: '隱藏專家的做法',
    impact: '會影響什麼？', impactText: '它的故障現在會選到哪些節點、Pod 與 Service。', faults: '故障', at: '時間', fault: '故障', target: '目標', later: '執行時才選定或建立',
    start: '執行', seed: '種子', anySeed: '任意', seedText: '相同的種子會得到相同的時間線與選擇。', wrongSeed: '種子是 0 到 {most} 的整數。', whoRepairs: '由誰修復', run: '執行', oneAtATime: '有演練正在進行；一個實驗室一次只執行一個。',
    stop: '停止並還原一切', again: '以此種子再執行一次', saveHtml: 'HTML 報告', saveJson: 'JSON 報告', toCurrent: '回到最近的執行', score: '{score} 分（滿分 100）', runOf: '{id}，種子 {seed}', course: '經過', checks: '必須成立的', lastSeen: '探針所見', nothingSeen: '還沒有看到任何東西。', noRun: '此實驗室還沒有執行過演練。',
    met: '成立', probe: '探針', rule: '規則與證據', weight: '權重', open: '未定', yes: '是', no: '否', held: '成立', seen: '所見', since: '自', shape: '圖或表格', picture: '圖', table: '表格', pictureLabel: '有 {rows} 列的時間線：故障、探針、動作、修復與事件。表格內容相同。', what: '類別', details: '內容', from: '從', to: '到', yesTimes: '是，{count} 次', noTimes: '否，{count} 次',
    verdict: '判定', points: '分數', began: '開始',
    'state-none': '沒有人，或你自己', 'state-expert': '專家', 'state-preparing': '準備中', 'state-breaking': '破壞中', 'state-recovering': '恢復中', 'state-reverting': '還原中', 'state-over': '已結束',
    'end-passed': '通過', 'end-failed': '未通過', 'end-aborted': '已中止', 'end-stopped': '已停止', 'end-problem': '無法執行',
    'event-phase': '階段', 'event-fault': '故障', 'event-heal': '痊癒', 'event-act': '動作', 'event-repair': '修復', 'event-event': '事件', 'event-note': '備註',
    rewind: '回到弄壞之前', rewindTitle: '讓實驗室回到這次演練之前？', rewindText: '此後的一切都會撤銷：檢查點 {name}。', rewinding: '回到演練之前', noRewind: '無法回到演練之前：{reason}', rewindGone: '這次演練之前的檢查點 {name} 已不存在。',
  },
  'zh-Hans': {
    title: '演练', purpose: '这个实验室，还有我自己，撑得住吗？', list: '所有演练', find: '查找演练', count: '{all} 个演练中的 {shown} 个', nodes: '节点：{count}', tabs: '演练、运行或过去的运行', drill: '演练', theRun: '运行', past: '过去的运行（{count}）', openFile: '打开演练文件…',
    choose: '选择一个演练：对这个实验室的假设、时间线上的故障，以及附有证据的判定。最后一切都会还原。', underWay: '进行中', hypothesis: '假设', explanation: '内部发生什么', needs: '需要', takes: '用时', lacks: '此实验室有 {has} 个这样的节点，而它需要 {needs} 个：目前无法在此运行。', probes: '观察什么', showCommands: '显示专家的做法', hideCommands: '隐藏专家的做法',
    impact: '会影响什么？', impactText: '它的故障现在会选中哪些节点、Pod 与 Service。', faults: '故障', at: '时间', fault: '故障', target: '目标', later: '运行时才选定或创建',
    start: '运行', seed: '种子', anySeed: '任意', seedText: '相同的种子会得到相同的时间线与选择。', wrongSeed: '种子是 0 到 {most} 的整数。', whoRepairs: '由谁修复', run: '运行', oneAtATime: '有演练正在进行；一个实验室一次只运行一个。',
    stop: '停止并还原一切', again: '用此种子再运行一次', saveHtml: 'HTML 报告', saveJson: 'JSON 报告', toCurrent: '回到最近的运行', score: '{score} 分（满分 100）', runOf: '{id}，种子 {seed}', course: '经过', checks: '必须成立的', lastSeen: '探针所见', nothingSeen: '还没有看到任何东西。', noRun: '此实验室还没有运行过演练。',
    met: '成立', probe: '探针', rule: '规则与证据', weight: '权重', open: '未定', yes: '是', no: '否', held: '成立', seen: '所见', since: '自', shape: '图或表格', picture: '图', table: '表格', pictureLabel: '有 {rows} 行的时间线：故障、探针、动作、修复与事件。表格内容相同。', what: '类别', details: '内容', from: '从', to: '到', yesTimes: '是，{count} 次', noTimes: '否，{count} 次',
    verdict: '判定', points: '分数', began: '开始',
    'state-none': '没有人，或你自己', 'state-expert': '专家', 'state-preparing': '准备中', 'state-breaking': '破坏中', 'state-recovering': '恢复中', 'state-reverting': '还原中', 'state-over': '已结束',
    'end-passed': '通过', 'end-failed': '未通过', 'end-aborted': '已中止', 'end-stopped': '已停止', 'end-problem': '无法运行',
    'event-phase': '阶段', 'event-fault': '故障', 'event-heal': '恢复', 'event-act': '动作', 'event-repair': '修复', 'event-event': '事件', 'event-note': '备注',
    rewind: '回到弄坏之前', rewindTitle: '让实验室回到这次演练之前？', rewindText: '此后的一切都会撤销：检查点 {name}。', rewinding: '回到演练之前', noRewind: '无法回到演练之前：{reason}', rewindGone: '这次演练之前的检查点 {name} 已不存在。',
  },
})
