// SPDX-License-Identifier: Apache-2.0
#include "adapters/sms/smpp/status.h"

#include <doctest/doctest.h>

namespace msggw::smpp {
namespace {

TEST_CASE("statuses have their names of table 5-2") {
  CHECK(text_of(Status::ok).name == "ESME_ROK");
  CHECK(text_of(Status::invalid_message_length).name == "ESME_RINVMSGLEN");
  CHECK(text_of(Status::queue_full).name == "ESME_RMSGQFUL");
  CHECK(text_of(Status::throttled).name == "ESME_RTHROTTLED");
  CHECK(text_of(Status{0x67}).name == "ESME_RQUERYFAIL");
  CHECK(text_of(Status::unknown_error).name == "ESME_RUNKNOWNERR");
  CHECK(text_of(Status{0x400}).name == "vendor");
  CHECK(text_of(Status{0x4FF}).name == "vendor");
  CHECK(text_of(Status{0x500}).name == "reserved");
  CHECK(text_of(Status{0x09}).name == "reserved");
}

TEST_CASE("the table has every value that is not reserved") {
  int named = 0;
  for (std::uint32_t value = 0; value <= 0x500; ++value) {
    const StatusText& text = text_of(Status{value});
    CHECK(!text.words.empty());
    if (text.name.starts_with("ESME_")) ++named;
  }
  CHECK(named == 48);
}

TEST_CASE("a status is described by its name, and by its number where it has none of its own") {
  CHECK(describe(Status::invalid_password) == "ESME_RINVPASWD, the password is invalid");
  CHECK(describe(Status{0x410}).starts_with("vendor 0x00000410, "));
  CHECK(describe(Status{0xFFFFFFFF}).starts_with("reserved 0xffffffff, "));
}

TEST_CASE("statuses say what to do") {
  CHECK(class_of(Status::ok) == StatusClass::ok);
  CHECK(class_of(Status::throttled) == StatusClass::throttled);
  CHECK(class_of(Status::queue_full) == StatusClass::throttled);
  CHECK(class_of(Status::system_error) == StatusClass::temporary);
  CHECK(class_of(Status::temporary_application_error) == StatusClass::temporary);
  CHECK(class_of(Status::permanent_application_error) == StatusClass::permanent);
  CHECK(class_of(Status::invalid_destination) == StatusClass::permanent);
  CHECK(class_of(Status::invalid_password) == StatusClass::bind_refused);
  CHECK(class_of(Status{0x410}) == StatusClass::permanent);
}

}  // namespace
}  // namespace msggw::smpp
