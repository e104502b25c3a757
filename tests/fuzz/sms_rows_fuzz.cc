// SPDX-License-Identifier: Apache-2.0
// What the SMS adapter has put into the store, of any octets: texts and parts of devices (drafts),
// and messages at an SMSC (tracking). Refused with a reason, or a value that survives being written
// and read again, and that does no harm where it goes to at a start.
#include <cstdint>
#include <string>
#include <string_view>

#include "adapters/sms/finished_texts.h"
#include "adapters/sms/inbox.h"
#include "adapters/sms/sending.h"
#include "adapters/sms/writing.h"
#include "gateway/base/text.h"

namespace {

using msggw::base::ensure;
namespace sms = msggw::sms;

sms::Options options_with_two() {
  sms::Options options;
  options.all.resize(2);
  options.all[0].name = "one";
  options.all[1].name = "two";
  options.max_partial_octets = 4'096;
  return options;
}

void restore(const sms::Writing& writing, const sms::Options& options) {
  const auto& piece = writing.piece;
  if (writing.is_path()) return;
  if (piece.sequence == 0) {
    sms::FinishedTexts finished(options);
    finished.add(writing, msggw::messages::DraftNo{1}, {}, {});
    sms::Writing part = writing;
    for (unsigned sequence = 1; sequence <= piece.total; ++sequence) {
      part.piece.sequence = static_cast<std::uint8_t>(sequence);
      static_cast<void>(finished.repeats(part, msggw::base::TimePoint::max()));
    }
    return ensure(finished.size() == 1, "fuzz: a mark is kept");
  }
  if (piece.is_whole()) {
    const sms::Text text = sms::text_of(piece);
    return ensure(!text.is_text || msggw::base::is_utf8(text.body), "fuzz: a text is UTF-8");
  }
  sms::Inbox inbox(options, {});
  const auto added = inbox.add(writing.number, writing.service.text, piece, 1, {});
  ensure(added.outcome != msggw::sms_text::Added::Outcome::complete, "fuzz: parts are missing");
}

void try_writing(std::string_view row) {
  const sms::Options options = options_with_two();
  const auto first = sms::parse_writing(row, options);
  if (!first) return ensure(!first.error().detail.empty(), "fuzz: a refusal has a reason");
  const auto second = sms::parse_writing(encode(*first, options), options);
  ensure(second && *second == *first, "fuzz: nothing of a writing is lost");
  restore(*first, options);
}

void try_sending(std::string_view row) {
  const auto first = sms::parse_sending(row);
  if (!first) return ensure(!first.error().detail.empty(), "fuzz: a refusal has a reason");
  const auto second = sms::parse_sending(encode(*first));
  ensure(second && *second == *first, "fuzz: nothing of a sending is lost");
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view row(reinterpret_cast<const char*>(data), size);
  try_writing(row);
  try_sending(row);
  return 0;
}
