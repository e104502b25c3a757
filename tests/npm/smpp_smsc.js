// SPDX-License-Identifier: Apache-2.0
// An SMSC, node-smpp, driven by lines. What phones write comes as JSON on standard input, {"id","from","to","text"} with
// "octets" (hexadecimal) in place of "text", and "coding", "udh" (hexadecimal), "sar" ([reference, total, number]), "port"
// and "payload" (true: in message_payload) if wanted. It is given until it is acknowledged or refused for good, also over
// binds, and each answer goes to standard output, {"id","status"}. So does what the gateway submits, {"to","from","text"}, and
// how, {"submit","coding","registered","udh" (its elements),"sar","payload"}; the text of data is its octets in
// hexadecimal. A phone "gets" it: {"receipt": its number, "state"} sends the receipt.
'use strict';
const smpp = require('smpp');
const readline = require('node:readline');

const AGAIN = new Set([smpp.ESME_RX_T_APPN, smpp.ESME_RTHROTTLED, smpp.ESME_RMSGQFUL, smpp.ESME_RSYSERR]);
const AGAIN_AFTER = 50;
const WORDS = { DELIVERED: 'DELIVRD', UNDELIVERABLE: 'UNDELIV', ENROUTE: 'ENROUTE' };
const waiting = new Map();
let gateway = null;
const submits = new Map();
let submitted = 0;

const say = (what) => process.stdout.write(JSON.stringify(what) + '\n');
const number = (text) => text.startsWith('+') ? [1, 1, text.slice(1)] : [0, 1, text];

function fieldsOf(phone) {
  const [sourceTon, sourceNpi, source] = number(phone.from);
  const [destTon, destNpi, dest] = number(phone.to);
  const message = phone.octets === undefined ? phone.text : Buffer.from(phone.octets, 'hex');
  const fields = {
    source_addr_ton: sourceTon, source_addr_npi: sourceNpi, source_addr: source,
    dest_addr_ton: destTon, dest_addr_npi: destNpi, destination_addr: dest,
    esm_class: phone.udh === undefined ? 0 : 0x40, data_coding: phone.coding || 0,
  };
  fields[phone.payload ? 'message_payload' : 'short_message'] =
    phone.udh === undefined ? { message } : { message, udh: Buffer.from(phone.udh, 'hex') };
  if (phone.sar) [fields.sar_msg_ref_num, fields.sar_total_segments, fields.sar_segment_seqnum] = phone.sar;
  if (phone.port !== undefined) fields.dest_port = phone.port;
  return fields;
}

function give(phone) {
  if (gateway === null) return;
  gateway.deliver_sm(fieldsOf(phone), (answer) => {
    say({ id: phone.id, status: answer.command_status });
    if (AGAIN.has(answer.command_status)) setTimeout(() => waiting.has(phone.id) && give(phone), AGAIN_AFTER);
    else waiting.delete(phone.id);
  });
}

function tell(receipt) {
  const submit = submits.get(receipt.receipt);
  gateway.deliver_sm({
    source_addr_ton: 1, source_addr_npi: 1, source_addr: submit.destination_addr, destination_addr: submit.source_addr,
    esm_class: 4, receipted_message_id: receipt.receipt.toString(16),
    message_state: smpp.consts.MESSAGE_STATE[receipt.state],
    short_message: `id:${receipt.receipt} sub:001 dlvrd:001 submit date:2611231200 done date:2611231201 ` +
      `stat:${WORDS[receipt.state]} err:000 text:`,
  });
}

const server = smpp.createServer((session) => {
  session.on('error', () => {});
  session.on('close', () => { if (gateway === session) gateway = null; });
  session.on('bind_transceiver', (pdu) => {
    gateway = session;
    session.send(pdu.response({ system_id: 'node' }));
    for (const phone of waiting.values()) give(phone);
  });
  session.on('enquire_link', (pdu) => session.send(pdu.response()));
  session.on('unbind', (pdu) => { session.send(pdu.response()); session.close(); });
  session.on('submit_sm', (pdu) => {
    const content = pdu.message_payload || pdu.short_message;
    const text = Buffer.isBuffer(content.message) ? content.message.toString('hex') : content.message;
    say({ to: pdu.destination_addr, from: pdu.source_addr, text });
    submits.set(++submitted, pdu);
    say({
      submit: submitted, coding: pdu.data_coding, registered: pdu.registered_delivery,
      udh: (content.udh || []).map((element) => element.toString('hex')), payload: pdu.message_payload !== undefined,
      sar: [pdu.sar_msg_ref_num, pdu.sar_total_segments, pdu.sar_segment_seqnum],
    });
    session.send(pdu.response({ message_id: submitted.toString(16) }));
  });
});

server.listen(0, '127.0.0.1', () => {
  process.stdout.write(`smpp://127.0.0.1:${server.address().port}\nready\n`);
});

readline.createInterface({ input: process.stdin }).on('line', (line) => {
  const phone = JSON.parse(line);
  if (phone.receipt) return tell(phone);
  waiting.set(phone.id, phone);
  give(phone);
});
