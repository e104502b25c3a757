// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/writing.h"

#include <doctest/doctest.h>

namespace msggw::sms::writing_test {

namespace sms = msggw::sms;
namespace sms_text = msggw::sms_text;

namespace {

sms::Options options_of_tests() {
  sms::Options options;
  options.all.resize(2);
  options.all[0].name = "one";
  options.all[1].name = "two";
  return options;
}

sms::Writing part() {
  sms::Writing writing;
  writing.smsc = sms::SmscNo{1};
  writing.number = "+4915112345678";
  writing.service = {5, 1, "Service"};
  writing.piece = {255,
                   254,
                   sms_text::ReferenceForm::sar,
                   0xFFFF,
                   sms_text::Alphabet::ucs2,
                   {},
                   sms_text::Ports{16'000, 1}};
  writing.piece.data = std::string("\0\xff", 2);
  writing.id = "17";
  writing.is_first = true;
  writing.is_doubtful = true;
  return writing;
}

}  // namespace

TEST_CASE("what a device has written comes back as it was") {
  const sms::Options options = options_of_tests();
  for (const sms::Writing& writing : {part(), sms::Writing{}}) {
    const std::string octets = encode(writing, options);
    CHECK(sms::parse_writing(octets, options).value() == writing);
    for (std::size_t size = 0; size < octets.size(); ++size) {
      CAPTURE(size);
      CHECK_FALSE(sms::parse_writing(std::string_view(octets).substr(0, size), options));
    }
    CHECK_FALSE(sms::parse_writing(octets + '\0', options));
  }
}

TEST_CASE("an SMSC is found again by its name") {
  sms::Options options = options_of_tests();
  const std::string octets = encode(part(), options);
  std::swap(options.all[0], options.all[1]);
  CHECK(sms::parse_writing(octets, options).value().smsc == sms::SmscNo{0});
  options.all = {sms::SmscOptions{}};
  CHECK(sms::parse_writing(octets, options).value().smsc == sms::SmscNo{0});
}

}  // namespace msggw::sms::writing_test
