// SPDX-License-Identifier: Apache-2.0
// Any octets are either refused with a status, or an Sm whose parts lie inside them and which reads
// the same again when it is written; nothing of it upsets a phone.
#include <cstdint>
#include <string_view>

#include "gateway/base/result.h"
#include "tests/sim/smsc/phones.h"
#include "tests/sim/smsc/wire.h"

namespace {

using namespace msggw::smsc;

bool inside(std::string_view part, std::string_view whole) {
  return part.empty() ||
         (part.data() >= whole.data() && part.data() + part.size() <= whole.data() + whole.size());
}

void check(const Sm& sm, std::string_view body) {
  for (const auto part :
       {sm.service_type, sm.source.text, sm.destination.text, sm.octets, sm.receipted_message_id}) {
    msggw::base::ensure(inside(part, body), "a view outside the PDU");
  }
  Phones phones;
  phones.keep(1);
  phones.take({sm, "1", "fuzz", 0}, Alphabet::gsm7);
  phones.take({sm, "2", "fuzz", 0}, Alphabet::packed);
  phones.list(sm.destination.text, 0);
}

void check_written(const Sm& sm) {
  if (sm.octets.size() > 0xFFFF || sm.source.text.size() > 20 || sm.destination.text.size() > 20 ||
      sm.receipted_message_id.size() > 64)
    return;
  std::string written;
  Writer(written).sm(Command::deliver_sm, 1, sm);
  Sm again;
  const std::string_view body = std::string_view(written).substr(kHeaderOctets);
  msggw::base::ensure(read_header(written).length == written.size(),
                      "the length of what was written");
  msggw::base::ensure(parse_sm(body, again) == status::ok, "what was written is a PDU");
  msggw::base::ensure(again.octets == sm.octets && again.source.text == sm.source.text &&
                          again.destination.text == sm.destination.text &&
                          again.esm_class == sm.esm_class && again.data_coding == sm.data_coding &&
                          again.is_payload == sm.is_payload &&
                          again.segment.has_value() == sm.segment.has_value() &&
                          again.receipted_message_id == sm.receipted_message_id &&
                          again.message_state == sm.message_state,
                      "what was written reads the same");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view pdu(reinterpret_cast<const char*>(data), size);
  if (size < kHeaderOctets) return 0;
  const Header header = read_header(pdu);
  command_name(header.command);
  status_name(header.status);
  const std::string_view body = pdu.substr(kHeaderOctets);
  Bind bind;
  if (parse_bind(body, bind) == status::ok) {
    msggw::base::ensure(inside(bind.system_id, body) && bind.system_id.size() < 16,
                        "a system_id outside");
  }
  Sm sm;
  if (parse_sm(body, sm) == status::ok) {
    check(sm, body);
    check_written(sm);
  }
  if (parse_data_sm(body, sm) == status::ok) check(sm, body);
  return 0;
}
