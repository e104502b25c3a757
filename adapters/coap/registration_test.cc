// SPDX-License-Identifier: Apache-2.0
#include "adapters/coap/registration.h"
#include "gateway/core/gateway.h"

#include <doctest/doctest.h>

#include <vector>

namespace msggw::coap_adapter {
namespace {

base::Result<RegistrationQuery> read(std::vector<std::string_view> queries) {
  return read_query(queries);
}

TEST_CASE("ep and lt are read, everything else is passed over") {
  const auto query = read({"d=", "base=x", "ep=a=b&c", "lt=4294967295", "et", "", "epx=1"});
  REQUIRE(query.has_value());
  CHECK(query->private_id == "a=b&c");
  CHECK(query->lifetime == std::chrono::seconds{4'294'967'295});
  CHECK(read({})->private_id.empty());
  CHECK(!read({})->lifetime.has_value());
}

TEST_CASE("a sector is refused with the reason") {
  CHECK(read({"ep=a", "d=hall-a"}).error().detail.find("d (a sector)") == 0);
}

TEST_CASE("what a lifetime may not be") {
  for (const char* wrong : {"lt", "lt=", "lt=0", "lt=-1", "lt=+1", "lt= 1", "lt=1 ", "lt=1.5",
                            "lt=0x10", "lt=4294967296", "lt=99999999999999999999"}) {
    CAPTURE(wrong);
    CHECK(!read({wrong}).has_value());
  }
}

TEST_CASE("a bad lifetime is quoted in escaped form") {
  const auto query = read({"lt=\x01\"x"});
  REQUIRE(!query.has_value());
  CHECK(query.error().detail.find('\x01') == std::string::npos);
  CHECK(query.error().detail.find("\\x01") != std::string::npos);
}

TEST_CASE("Accept decides, then the format of the body") {
  coap::Request request;
  CHECK(choose_encodings(request, true)->answer == payload::Encoding::json);
  request.content_format = coap::kFormatCbor;
  CHECK(choose_encodings(request, true)->body == payload::Encoding::cbor);
  CHECK(choose_encodings(request, true)->answer == payload::Encoding::cbor);
  request.accept = coap::kFormatJson;
  CHECK(choose_encodings(request, true)->body == payload::Encoding::cbor);
  CHECK(choose_encodings(request, true)->answer == payload::Encoding::json);
  request.accept = 40;
  CHECK(choose_encodings(request, true).error().code == base::Errc::incorrect);
  request.accept.reset();
  request.content_format = 40;
  CHECK(choose_encodings(request, true)->links);
  CHECK(choose_encodings(request, true)->answer == payload::Encoding::json);
  request.content_format = 42;
  CHECK(choose_encodings(request, true).error().code == base::Errc::unsupported);
  request.content_format = 40;
  CHECK(choose_encodings(request, false)->answer == payload::Encoding::json);
}

TEST_CASE("each reason of the core has a code") {
  CHECK(coap::to_text(code_of(base::Errc::malformed)) == "4.00");
  CHECK(coap::to_text(code_of(base::Errc::unknown_device)) == "4.04");
  CHECK(coap::to_text(code_of(base::Errc::refused)) == "4.03");
  CHECK(coap::to_text(code_of(base::Errc::overloaded)) == "5.03");
  CHECK(coap::to_text(code_of(base::Errc::unavailable)) == "5.03");
  CHECK(coap::to_text(code_of(base::Errc::storage)) == "5.00");
}

TEST_CASE("an answer that says to repeat says when") {
  base::metrics::Registry metrics;
  core::Gateway gateway({}, metrics, {});
  const core::Registrations& registrations = gateway.registrations();
  core::Answer answer;
  answer.error = {base::Errc::overloaded, "busy"};
  coap::Response response;
  describe(answer, {Operation::register_device}, registrations, response);
  CHECK(coap::to_text(response.code) == "5.03");
  CHECK(response.max_age_s.value_or(0) > 0);
  CHECK(response.payload == "busy");
  answer.retry_after = base::Duration{1'001};
  describe(answer, {Operation::register_device}, registrations, response);
  CHECK(response.max_age_s == 2);
  answer.error = {base::Errc::storage, "full"};
  describe(answer, {Operation::leave}, registrations, response);
  CHECK(coap::to_text(response.code) == "5.00");
  CHECK(!response.max_age_s.has_value());
}

}  // namespace
}  // namespace msggw::coap_adapter
