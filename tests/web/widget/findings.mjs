/**
 * What the chat element's reading of the rules finds: one JSON row {"text", "therapy"?, "suppressed"?} a line comes in,
 * one finding or null a line goes out. The file named as argument holds the rules as they are served.
 */
import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { readRules } from '../../../web/widget/source/offline/safety/served.js';

const rules = await readRules(JSON.parse(readFileSync(process.argv[2], 'utf8')), async () => {});
for await (const line of createInterface({ input: process.stdin })) {
  const { text, ...earlier } = JSON.parse(line);
  const mentions = { therapy: rules.mentionsTherapy(text), suppressed: rules.mentionsSuppression(text) };
  console.log(JSON.stringify({ finding: rules.check(text, earlier), ...mentions }));
}
