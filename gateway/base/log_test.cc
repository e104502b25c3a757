// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/log.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "gateway/base/handle.h"

using namespace std::chrono_literals;

namespace msggw::base::log {

TEST_CASE("a limit lets its burst pass in each second and counts the rest") {
  Limit limit(3);
  const TimePoint now{1'700'000'000'000ms};
  for (int i = 0; i < 3; ++i) CHECK(limit.pass(now));
  CHECK_FALSE(limit.pass(now));
  CHECK_FALSE(limit.pass(now + 999ms));
  CHECK(limit.take_suppressed() == 2);
  CHECK(limit.take_suppressed() == 0);

  CHECK(limit.pass(now + 1'000ms));
  CHECK(limit.pass(now + 1'500ms));
  CHECK(limit.pass(now + 1'999ms));
  CHECK_FALSE(limit.pass(now + 1'999ms));
  CHECK(limit.take_suppressed() == 1);
}

TEST_CASE("a limit of none lets nothing pass") {
  Limit limit(0);
  CHECK_FALSE(limit.pass(TimePoint{}));
  CHECK_FALSE(limit.pass(TimePoint{5'000ms}));
  CHECK(limit.take_suppressed() == 2);
}

/// What is written to standard error meanwhile.
class Written {
 public:
  Written() : file_(std::tmpfile()), saved_(::dup(2)) { ::dup2(::fileno(file_.get()), 2); }
  ~Written() {
    ::dup2(saved_.get(), 2);
    set_up(Level::info, Format::text);
  }
  std::string text() const {
    std::string text(1 << 14, '\0');
    text.resize(
        static_cast<std::size_t>(::pread(::fileno(file_.get()), text.data(), text.size(), 0)));
    return text;
  }
  bool has(std::string_view part) const { return text().find(part) != std::string::npos; }

 private:
  Handle<std::FILE, std::fclose> file_;
  UniqueFd saved_;
};

TEST_CASE("Private IDs are hashed unless they are wanted, the same one the same way") {
  const Written written;
  set_up(Level::info, Format::text);
  for (const char* id : {"001b638445e6", "001b638445e6", "+15551234567"})
    warn("unknown_device", {{"private_id", id}, {"held_by", id}, {"to", id}, {"bearer", "coap"}});
  const std::string text = written.text();
  CHECK_FALSE(written.has("001b638445e6"));
  CHECK_FALSE(written.has("5551234567"));
  const auto hash = [&](std::size_t from) {
    return text.substr(text.find("private_id=#", from) + 11, 17);
  };
  const auto second = text.find('\n') + 1;
  const auto third = text.find('\n', second) + 1;
  CHECK(hash(0) == hash(second));
  CHECK(hash(0) != hash(third));
  CHECK(text.find("held_by=" + hash(0) + " to=" + hash(0)) != std::string::npos);
  warn("sms_undelivered", {{"to", ""}});
  CHECK(written.has("to=\"\""));
  set_up(Level::info, Format::text, PrivateIds::plain);
  warn("unknown_device", {{"private_id", "001b638445e6"}});
  CHECK(written.has("private_id=001b638445e6"));
}

TEST_CASE("levels by their words in log.level, in both formats; in JSON numbers are numbers") {
  const Written written;
  set_up(Level::debug, Format::text);
  debug("one");
  warn("two", {{"text", "a b"}, {"number", 7}});
  error("three");
  CHECK(written.has("Z debug one\n"));
  CHECK(written.has("Z warn  two text=\"a b\" number=7\n"));
  CHECK(written.has("Z error three\n"));
  set_up(Level::info, Format::json);
  warn("four", {{"text", "7"}, {"number", -7}, {"flag", true}, {"took", Duration{5}}});
  CHECK(written.has(
      R"("level":"warn","event":"four","text":"7","number":-7,"flag":"true","took":"5ms"})"));
}

}  // namespace msggw::base::log
