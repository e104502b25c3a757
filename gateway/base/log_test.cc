// SPDX-License-Identifier: Apache-2.0
#include "gateway/base/log.h"

#include <doctest/doctest.h>
#include <unistd.h>

#include <cstdio>
#include <string>

#include "gateway/base/handle.h"
#include "gateway/base/log_name.h"

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
    std::string text(1 << 15, '\0');
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

TEST_CASE("levels by their words in log.level, in every format") {
  const Written written;
  set_up(Level::debug, Format::text);
  debug("one");
  warn("two", {{"text", "a b"}, {"number", 7}, {"took", Duration{5}}});
  error("three");
  CHECK(written.has("Z debug one\n"));
  CHECK(written.has("Z warn  two text=\"a b\" number=7 took=5ms\n"));
  CHECK(written.has("Z error three\n"));
  set_up(Level::info, Format::json);
  info("four");
  CHECK(written.has("Z\",\"level\":\"info\",\"event\":\"four\"}\n"));
  set_up(Level::info, Format::logfmt);
  warn("five");
  CHECK(written.has("Z level=warn event=five\n"));
}

TEST_CASE("machines are told numbers, booleans and seconds as such, and text as text") {
  const Written written;
  const auto tell = [] {
    warn("typed", {{"text", "7"},
                   {"word", "a b"},
                   {"number", -7},
                   {"most", UINT64_MAX},
                   {"flag", true},
                   {"took", Duration{12'005}}});
  };
  set_up(Level::info, Format::json);
  tell();
  CHECK(written.has(R"("event":"typed","text":"7","word":"a b","number":-7,)"
                    R"("most":18446744073709551615,"flag":true,"took":12.005})"));
  set_up(Level::info, Format::logfmt);
  tell();
  CHECK(
      written.has("event=typed text=\"7\" word=\"a b\" number=-7 most=18446744073709551615 "
                  "flag=true took=12.005\n"));
  warn("words", {{"a", "true"}, {"b", ""}, {"c", "-x"}, {"d", "x-1"}, {"e", "a=b"}, {"f", "null"}});
  CHECK(written.has("event=words a=\"true\" b=\"\" c=\"-x\" d=x-1 e=\"a=b\" f=\"null\"\n"));
}

TEST_CASE("no octets of a peer end a line, a string or the sight of what is beside them") {
  const std::string hostile =
      "\"}\n{\\\t\r\x1b[31m\x7f \xe2\x80\xae \xc3\xa4\xf0\x9f\x98\x80 \xff\xc3 \xc2\x85";
  const std::string quoted = R"("\"}\u000a{\\\u0009\u000d\u001b[31m\u007f \u202e )"
                             "\xc3\xa4\xf0\x9f\x98\x80 \xef\xbf\xbd\xef\xbf\xbd \\u0085\"";
  const Written written;
  set_up(Level::info, Format::json);
  warn("hostile", {{"what", hostile}});
  CHECK(written.has("\"event\":\"hostile\",\"what\":" + quoted + "}\n"));
  set_up(Level::info, Format::logfmt);
  warn("hostile", {{"what", hostile}});
  CHECK(written.has("event=hostile what=" + quoted + "\n"));
  set_up(Level::info, Format::text);
  warn("hostile", {{"what", "\"\n\x1b[31m\xe2\x80\xae\xff =x"}});
  CHECK(written.has(R"(hostile what="\x22\x0a\x1b[31m\xe2\x80\xae\xff =x")"
                    "\n"));
}

TEST_CASE("a name within a sentence is hidden as a Private ID is") {
  const Written written;
  set_up(Level::info, Format::text);
  warn("named",
       {{"private_id", "meter-7"}, {"names", "meter-7"}, {"detail", name_in_event("meter-7")}});
  const std::string hashed = name_in_event("meter-7");
  CHECK(hashed.size() == 17);
  CHECK(
      written.has("named private_id=" + hashed + " names=" + hashed + " detail=" + hashed + "\n"));
  set_up(Level::info, Format::text, PrivateIds::plain);
  CHECK(name_in_event("meter-7\n") == "meter-7\\x0a");
}

TEST_CASE("what is long is cut between two characters") {
  const Written written;
  const std::string ascii(511, 'x');
  for (const Format format : {Format::json, Format::logfmt}) {
    set_up(Level::info, format);
    warn("long", {{"what", ascii + "\xf0\x9f\x98\x80"}});
    CHECK(written.has(ascii + "...\""));
    warn("whole", {{"what", ascii + "y"}});
    CHECK_FALSE(written.has("xy..."));
    warn("octets", {{"what", std::string(600, '\x80')}});
  }
  CHECK(written.has("\xef\xbf\xbd...\"\n"));
}

}  // namespace msggw::base::log
