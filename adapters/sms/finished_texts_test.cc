// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/finished_texts.h"

#include <doctest/doctest.h>

#include "adapters/sms/text/reassembly.h"

namespace base = msggw::base;
namespace sms = msggw::sms;
namespace sms_text = msggw::sms_text;
using msggw::messages::DraftNo;

namespace {

constexpr base::TimePoint moment(std::int64_t ms) {
  return base::TimePoint{base::Duration{1'000'000 + ms}};
}

sms::Writing part(std::uint8_t sequence, const std::string& data, std::uint16_t reference = 7) {
  sms::Writing writing;
  writing.number = "+4915112345678";
  writing.service.text = "12345";
  writing.piece.total = 2;
  writing.piece.sequence = sequence;
  writing.piece.reference = reference;
  writing.piece.data = data;
  return writing;
}

sms::Writing mark_of(const std::string& one, const std::string& two, std::uint16_t reference = 7) {
  const auto digest = [](const std::string& data) {
    return sms_text::digest_of(sms_text::Alphabet::gsm7, data);
  };
  return sms::FinishedTexts::mark(part(2, two, reference), {digest(one), digest(two)});
}

}  // namespace

TEST_CASE("a part that came before the SMSC was unsure is known, once") {
  const sms::Options options;
  sms::FinishedTexts finished(options);
  finished.add(mark_of("a", "b"), DraftNo{1}, {}, moment(0));
  CHECK_FALSE(finished.repeats(part(2, "b"), moment(-1)));  // the SMSC has its answer
  CHECK_FALSE(finished.repeats(part(2, "c"), moment(1)));
  CHECK_FALSE(finished.repeats(part(1, "b"), moment(1)));
  CHECK_FALSE(finished.repeats(part(2, "b", 8), moment(1)));
  CHECK(finished.repeats(part(2, "b"), moment(1)));
  finished.came_again(part(2, "b"));
  CHECK_FALSE(finished.repeats(part(2, "b"), moment(1)));
  CHECK(finished.repeats(part(1, "a"), moment(1)));
}

TEST_CASE("each part is known by when it came itself") {
  const sms::Options options;
  sms::FinishedTexts finished(options);
  finished.add(mark_of("a", "b"), DraftNo{1}, {moment(0), moment(20)}, moment(20));
  CHECK(finished.repeats(part(1, "a"), moment(10)));
  CHECK_FALSE(finished.repeats(part(2, "b"), moment(10)));
}

TEST_CASE("what is finished is forgotten by time, by number, and for the next of its reference") {
  sms::Options options;
  options.max_partial_messages = 2;
  sms::FinishedTexts finished(options);
  finished.add(mark_of("a", "b"), DraftNo{1}, {}, moment(0));
  finished.add(mark_of("c", "d"), DraftNo{2}, {}, moment(10));
  CHECK(finished.take_dropped() == std::vector{DraftNo{1}});
  CHECK_FALSE(finished.repeats(part(1, "a"), moment(20)));
  CHECK(finished.repeats(part(1, "c"), moment(20)));
  finished.add(mark_of("e", "f", 8), DraftNo{3}, {}, moment(20));
  finished.add(mark_of("g", "h", 9), DraftNo{4}, {}, moment(30));
  CHECK(finished.take_dropped() == std::vector{DraftNo{2}});
  CHECK(finished.next_deadline() == moment(20) + options.partial_timeout);
  finished.tick(moment(20) + options.partial_timeout);
  CHECK(finished.take_dropped() == std::vector{DraftNo{3}});
  CHECK(finished.size() == 1);
}
