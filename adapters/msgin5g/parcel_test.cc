// SPDX-License-Identifier: Apache-2.0
#include "adapters/msgin5g/parcel.h"

#include <doctest/doctest.h>

#include "adapters/msgin5g/test_schemas.h"

namespace msggw::msgin5g {
namespace {

messages::Message message_of(const std::string& content) {
  messages::Message message;
  message.from = {messages::AddressType::ue, "ue-1"};
  message.to = {messages::AddressType::as, "as-1"};
  message.message_id = "m1";
  message.content = content;
  message.wants_report = true;
  return message;
}

TEST_CASE("content that fits a segment is no segment, more is cut and numbered from 1") {
  Writing writing;
  writing.cutting.segment_octets = 4;
  CHECK(Parcel::pack(message_of(""), writing)->bodies() == 1);
  auto whole = Parcel::pack(message_of("abcd"), writing).value();
  REQUIRE(whole.bodies() == 1);
  CHECK_FALSE(test::parsed(whole.take_body(0).value()).as_object().contains("segInd"));
  CHECK(whole.message_id() == "m1");

  auto cut = Parcel::pack(message_of("abcdefghi"), writing).value();
  REQUIRE(cut.bodies() == 3);
  const char* const params[] = {R"({"segId":"m1","totalSegCount":3,"segNumb":1})",
                                R"({"segId":"m1","segNumb":2})",
                                R"({"segId":"m1","segNumb":3,"lastSegFlag":true})"};
  const char* const payloads[] = {"abcd", "efgh", "i"};
  for (std::size_t i = 0; i < 3; ++i) {
    const auto body = test::parsed(cut.take_body(i).value()).as_object();
    CHECK(body.at("segInd") == true);
    CHECK(body.at("segParams") == test::parsed(params[i]));
    CHECK(body.at("payload") == payloads[i]);
    CHECK(body.at("msgId") == "m1");
    CHECK(body.contains("delivStReqInd") == (i == 0));
  }
}

TEST_CASE("what cannot be written is none") {
  Writing writing;
  CHECK(Parcel::pack(message_of("\xff"), writing).error().code == base::Errc::unsupported);
  writing.cutting.segment_octets = 4;
  writing.cutting.segments = 2;
  CHECK(Parcel::pack(message_of("abcdefghi"), writing).error().code == base::Errc::too_large);
  const auto report = Parcel::pack(messages::Report{{}, {}, "m2", true, ""}, writing).value();
  CHECK(report.is_report());
  CHECK(report.message_id() == "m2");
  CHECK(report.bodies() == 1);
}

TEST_CASE("an expiry is told by the clock of the system") {
  using std::chrono::seconds;
  using std::chrono::sys_seconds;
  const base::TimePoint now{base::Duration{1'000'999}};  // the product's clock is behind
  CHECK(store_until(now + seconds{60}, now, sys_seconds{seconds{5'000}}) ==
        sys_seconds{seconds{5'060}});
}

TEST_CASE("an expiry is told to the second that is no earlier, and never as one that is past") {
  using std::chrono::milliseconds;
  using std::chrono::seconds;
  using std::chrono::sys_seconds;
  const base::TimePoint now{base::Duration{1'000'999}};
  const sys_seconds begin{seconds{5'000}};
  CHECK(store_until(now + milliseconds{1'400}, now, begin + milliseconds{388}) ==
        begin + seconds{2});
  // The clocks were not read at the same moment.
  CHECK(store_until(now + milliseconds{612}, now, begin + milliseconds{389}) == begin + seconds{1});
  CHECK(store_until(now - seconds{10}, now, begin + milliseconds{388}) == begin + seconds{1});
  CHECK(store_until(now - seconds{10}, now, begin) == begin + seconds{1});
}

}  // namespace
}  // namespace msggw::msgin5g
