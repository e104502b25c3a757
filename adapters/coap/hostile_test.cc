// SPDX-License-Identifier: Apache-2.0
// Wrong, odd and hostile datagrams: a clear error or silence for each, a count, and no harm.
#include <doctest/doctest.h>

#include <algorithm>

#include "adapters/coap/adapter.h"
#include "adapters/coap/test_world.h"

namespace msggw::coap_adapter::test {
namespace {

double refused(World& world, const std::string& reason) {
  return world.metric("msggw_coap_refused_total{reason=\"" + reason + "\"}");
}

std::string block(std::uint32_t number, bool more, unsigned exponent) {
  return uint_value(number << 4 | (more ? 8U : 0U) | exponent);
}

Message block_request(std::string_view uri, int mid, std::uint32_t number, bool more,
                      std::string payload) {
  Message message = request(kPost, uri, mid, std::move(payload));
  message.options.emplace_back(kBlock1, block(number, more, 6));
  return message;
}

TEST_CASE("each wrong registration gets its own code and a word of help") {
  struct Case {
    const char* what;
    Message message;
    const char* code;
    const char* help;
    const char* reason;
  };
  const auto with = [](Message message, int number, std::string value) {
    message.options.emplace_back(number, std::move(value));
    return message;
  };
  const std::vector<Case> cases{
      {"no ep", request(kPost, "rd", 0), "4.00", "ep is missing", "bad_query"},
      {"ep without a value", request(kPost, "rd?ep", 0), "4.00", "ep is empty", "bad_query"},
      {"empty ep", request(kPost, "rd?ep=", 0), "4.00", "ep is empty", "bad_query"},
      {"two ep", request(kPost, "rd?ep=a&ep=b", 0), "4.00", "twice", "bad_query"},
      {"long ep", request(kPost, "rd?ep=" + std::string(200, 'x'), 0), "4.00", "128", nullptr},
      {"broken UTF-8", request(kPost, "rd?ep=\xC3\x28", 0), "4.00", "UTF-8", nullptr},
      {"control character", request(kPost, "rd?ep=a\x07", 0), "4.00", "control", nullptr},
      {"lt is no number", request(kPost, "rd?ep=a&lt=1h", 0), "4.00", "lt is \"1h\"", "bad_query"},
      {"lt of zero", request(kPost, "rd?ep=a&lt=0", 0), "4.00", "lt is", "bad_query"},
      {"lt below zero", request(kPost, "rd?ep=a&lt=-1", 0), "4.00", "lt is", "bad_query"},
      {"lt too large", request(kPost, "rd?ep=a&lt=4294967296", 0), "4.00", "lt is", "bad_query"},
      {"two lt", request(kPost, "rd?ep=a&lt=60&lt=60", 0), "4.00", "twice", "bad_query"},
      {"not JSON", request(kPost, "rd?ep=a", 0, "{\"a\":"), "4.00", "", "bad_body"},
      {"no object", request(kPost, "rd?ep=a", 0, "[1]"), "4.00", "object", "bad_body"},
      {"not CBOR",
       with(request(kPost, "rd?ep=a", 0, "\xBF\xFF\xFF"), kContentFormat, uint_value(60)), "4.00",
       "", "bad_body"},
      {"much information",
       request(kPost, "rd?ep=a", 0, "{\"a\":\"" + std::string(600, 'x') + "\"}"), "4.13", "512",
       "body_too_large"},
      {"a body of one datagram that is no body",
       request(kPost, "rd?ep=a", 0, std::string(1300, '{')), "4.00", "", "bad_body"},
      {"a body above the limit in one datagram",
       request(kPost, "rd?ep=a", 0, std::string(5000, '{')), "4.13", "4096", "body_too_large"},
      {"an option above 255 octets", request(kPost, "rd?ep=" + std::string(300, 'x'), 0), "4.02",
       "option 15", "bad_option"},
      {"a datagram of one long option", request(kPost, "rd?ep=" + std::string(10'000, 'x'), 0),
       "4.02", "option 15", "bad_option"},
      {"another format", with(request(kPost, "rd?ep=a", 0, "<a/>"), kContentFormat, uint_value(41)),
       "4.15", "50 (JSON)", "unsupported_format"},
      {"another Accept", with(request(kPost, "rd?ep=a", 0), kAccept, uint_value(0)), "4.06",
       "50 (JSON)", "not_acceptable"},
      {"two Accept",
       with(with(request(kPost, "rd?ep=a", 0), kAccept, uint_value(50)), kAccept, uint_value(60)),
       "4.02", "option 17", "bad_option"},
      {"If-Match", with(request(kPost, "rd?ep=a", 0), kIfMatch, "x"), "4.02", "option 1",
       "bad_option"},
      {"If-None-Match", with(request(kPost, "rd?ep=a", 0), kIfNoneMatch, ""), "4.02", "option 5",
       "bad_option"},
      {"reserved block size", with(request(kPost, "rd?ep=a", 0), kBlock1, uint_value(7)), "4.00",
       "exponent 7", "bad_option"},
      {"many queries", request(kPost, "rd?ep=a&1&2&3&4&5&6&7&8&9&10&11&12&13&14&15&16", 0), "4.00",
       "16", "bad_option"},
      {"wrong method", request(kGet, "rd?ep=a", 0), "4.05", "POST", "wrong_method"},
      {"wrong method below", request(kPut, "rd/0-1", 0), "4.05", "GET", "wrong_method"},
      {"unknown path", request(kGet, "other", 0), "4.04", "/.well-known/core", "unknown_path"},
      {"DELETE of an unknown path", request(kDelete, "other", 0), "4.04", "", "unknown_path"},
      {"deep path", request(kGet, "rd/0-1/x", 0), "4.04", "", "unknown_path"},
      {"very deep path", request(kGet, "rd/1/2/3/4/5/6/7", 0), "4.04", "", "unknown_path"},
      {"empty handle", request(kGet, "rd/", 0), "4.04", "", "unknown_path"},
      {"no handle of ours", request(kGet, "rd/zzz", 0), "4.04", "register again", nullptr},
      {"guessed handle", request(kDelete, "rd/0-0", 0), "4.04", "", nullptr},
      {"refresh with a body", request(kPost, "rd/0-0", 0, "{}"), "4.00", "no body", "bad_body"},
  };
  World world;
  Device device(world);
  int mid = 0;
  for (Case wrong : cases) {
    CAPTURE(wrong.what);
    wrong.message.mid = ++mid;
    const double before = wrong.reason != nullptr ? refused(world, wrong.reason) : 0;
    const Message answer = device.ask(wrong.message);
    CHECK(answer.type == kAck);
    CHECK(answer.mid == mid);
    CHECK(answer.token == wrong.message.token);
    CHECK(answer.code_text() == wrong.code);
    CHECK(answer.payload.find(wrong.help) != std::string::npos);
    CHECK(!answer.payload.empty());
    CHECK(!answer.option(kContentFormat).has_value());
    if (wrong.reason != nullptr) CHECK(refused(world, wrong.reason) == before + 1);
  }
  CHECK(world.gateway.tables().devices() == 0);
}

TEST_CASE("a short request for what there is not gets no long answer") {
  World world;
  Device device(world);
  Message bare;
  bare.code = kGet;
  bare.mid = 1;
  const Message answer = device.ask(bare);
  CHECK(answer.code_text() == "4.04");
  CHECK(encode(answer).size() == 4);
}

TEST_CASE("unknown options: critical ones are refused, elective ones ignored") {
  World world;
  Device device(world);
  Message critical = request(kPost, "rd?ep=a", 1);
  critical.options.emplace_back(9, "x");
  CHECK(device.ask(critical).code_text() == "4.02");
  critical.options.back().first = 65'001;
  critical.mid = 2;
  CHECK(device.ask(critical).code_text() == "4.02");
  Message elective = request(kPost, "rd?ep=a", 3);
  elective.options.emplace_back(65'000, std::string(300, 'x'));
  elective.options.emplace_back(6, "");  // Observe
  CHECK(device.ask(elective).code_text() == "2.01");
  Message proxy = request(kGet, "rd?ep=a", 4);
  proxy.options.emplace_back(35, "coap://elsewhere.example/");
  CHECK(device.ask(proxy).code_text() == "5.05");
}

TEST_CASE("malformed datagrams are reset or dropped, counted, and change nothing") {
  World world;
  const std::string good = encode(request(kPost, "rd?ep=a", 1));
  std::vector<std::string> wrong{
      "",
      "\x40",
      "\x40\x02\x00",
      std::string("\x80\x02\x00\x01", 4) + good.substr(4),  // version 2
      std::string("\x00\x02\x00\x01", 4) + good.substr(4),  // version 0
      std::string("\x40\x02\x00\x01\xFF", 5),               // payload marker and no payload
      std::string("\x40\x02\x00\x01\xF1zz", 7),             // reserved delta 15
      std::string("\x40\x02\x00\x01\x1Fzz", 7),             // reserved length 15
      std::string("\x40\x02\x00\x01\xDD", 5),               // extended lengths cut off
      std::string("\x40\x02\x00\x01\xEE\xFF\xFF\xFF\xFF", 9),
      std::string("\x40\x02\x00\x01\xB9rd", 7),  // option longer than the datagram
      std::string("\x40\x00\x00\x01x", 5),       // empty message that is not empty
      std::string("\x41\x00\x00\x01x", 5),
      std::string(1400, '\xFF'),
      std::string(1400, '\0'),
  };
  for (char size = 9; size <= 15; ++size) {  // token lengths that are reserved
    wrong.push_back(good);
    wrong.back()[0] = static_cast<char>(0x40 | size);
  }
  for (std::size_t cut = 4; cut < good.size(); ++cut) {
    if (!decode(good.substr(0, cut))) wrong.push_back(good.substr(0, cut));
  }
  Device noisy(world);
  Device quiet(world);
  int mid = 100;
  for (const std::string& octets : wrong) {
    CAPTURE(octets);
    noisy.send_octets(octets);
    CHECK(quiet.ask(request(kGet, "probe", ++mid)).code_text() == "4.04");
  }
  CHECK(refused(world, "malformed") >= static_cast<double>(wrong.size()) - 5);
  CHECK(world.gateway.tables().devices() == 0);
}

TEST_CASE("a request code in an ACK or RST is not carried out") {
  World world;
  Device device(world);
  Message post = request(kPost, "rd?ep=a", 1);
  post.type = kAck;
  device.send(post);
  post.type = kRst;
  device.send(post);
  CHECK(device.nothing_comes());
  CHECK(world.gateway.tables().devices() == 0);
}

TEST_CASE("a body in blocks is put together") {
  World world;
  Device device(world);
  const std::string body = "{\"vendor\":\"" + std::string(400, 'v') + "\"}";
  const auto part = [&](std::uint32_t number, int mid) {
    Message message = request(kPost, "rd?ep=a", mid, body.substr(number * 64, 64));
    const bool more = (number + 1) * 64 < body.size();
    message.options.emplace_back(kBlock1, block(number, more, 2));
    message.options.emplace_back(kContentFormat, uint_value(50));
    return message;
  };
  const auto last = static_cast<std::uint32_t>((body.size() - 1) / 64);
  for (std::uint32_t number = 0; number < last; ++number) {
    const Message step = device.ask(part(number, static_cast<int>(number)));
    CHECK(step.code_text() == "2.31");
    CHECK(step.option(kBlock1) == block(number, true, 2));
    // A retransmission of the same block changes nothing.
    CHECK(device.ask(part(number, static_cast<int>(number))).code_text() == "2.31");
  }
  const Message answer = device.ask(part(last, 50));
  CHECK(answer.code_text() == "2.01");
  CHECK(answer.option(kBlock1) == block(last, false, 2));
  CHECK(world.gateway.tables().devices() == 1);
  // The acknowledgement was lost: the last block again, without the others.
  CHECK(device.ask(part(last, 50)).code_text() == "2.01");
  // A new message with the last block alone is a body without its beginning.
  CHECK(device.ask(part(last, 51)).code_text() == "4.08");
}

TEST_CASE("a body above the limit is refused at the first block that shows it") {
  World world;
  Device device(world);
  SUBCASE("by Size1") {
    Message first = block_request("rd?ep=a", 1, 0, true, std::string(1024, 'x'));
    first.options.emplace_back(kSize1, uint_value(1'000'000));
    const Message answer = device.ask(first);
    CHECK(answer.code_text() == "4.13");
    CHECK(answer.uint_option(kSize1) == 4096);
  }
  SUBCASE("by what has come: a megabyte") {
    int mid = 0;
    std::uint32_t number = 0;
    Message answer;
    for (; number < 1024; ++number) {
      answer = device.ask(
          block_request("rd?ep=a", ++mid, number, number < 1023, std::string(1024, 'x')));
      if (answer.code_text() != "2.31") break;
    }
    CHECK(number == 4);
    CHECK(answer.code_text() == "4.13");
    CHECK(answer.uint_option(kSize1) == 4096);
    CHECK(refused(world, "body_too_large") == 1);
    // The rest of them, from a device that does not listen.
    CHECK(device.ask(block_request("rd?ep=a", 2000, 5, true, std::string(1024, 'x'))).code_text() ==
          "4.13");
  }
  SUBCASE("by a block far behind") {
    const Message first = block_request("rd?ep=a", 1, 0, true, std::string(1024, 'x'));
    CHECK(device.ask(first).code_text() == "2.31");
    const Message far = block_request("rd?ep=a", 2, 0xFFFFF, true, std::string(1024, 'x'));
    CHECK(device.ask(far).code_text() == "4.13");
  }
  CHECK(world.gateway.tables().devices() == 0);
}

TEST_CASE("a block that is missing or has a wrong size ends the transfer") {
  World world;
  Device device(world);
  const std::string full(1024, 'x');
  CHECK(device.ask(block_request("rd?ep=a", 1, 1, true, full)).code_text() == "4.08");
  CHECK(device.ask(block_request("rd?ep=a", 2, 0, true, full)).code_text() == "2.31");
  CHECK(device.ask(block_request("rd?ep=a", 3, 2, true, full)).code_text() == "4.08");
  CHECK(device.ask(block_request("rd?ep=a", 4, 1, true, full)).code_text() == "4.08");
  CHECK(device.ask(block_request("rd?ep=a", 5, 0, true, "short")).code_text() == "4.00");
  CHECK(refused(world, "body_incomplete") == 3);
}

TEST_CASE("an answer that fits no datagram comes in blocks") {
  World world;
  world.service_info = "{\"text\":\"" + std::string(2500, 's') + "\"}";
  Device device(world);
  Message message = request(kPost, "rd?ep=a", 1);
  std::string whole;
  std::optional<std::string> etag;
  std::string location;
  for (int number = 0;; ++number) {
    const Message answer = device.ask(message);
    REQUIRE(answer.code_text() == "2.01");
    const auto option = answer.uint_option(kBlock2);
    REQUIRE(option.has_value());
    CHECK((*option & 7) == 6);
    CHECK((*option >> 4) == static_cast<unsigned>(number));
    if (number == 0) etag = answer.option(kEtag);
    if (number == 0) location = answer.location();
    CHECK(answer.option(kEtag) == etag);
    whole += answer.payload;
    if ((*option & 8) == 0) break;
    message = request(kPost, "rd?ep=a", 2 + number);
    message.options.emplace_back(kBlock2, block(static_cast<unsigned>(number) + 1, false, 6));
  }
  CHECK(whole.find(std::string(2500, 's')) != std::string::npos);
  CHECK(whole.back() == '}');

  Message small = request(kGet, location.substr(1), 20);
  small.options.emplace_back(kBlock2, block(2, false, 0));
  const Message answer = device.ask(small);
  CHECK(answer.code_text() == "2.05");
  CHECK(answer.payload == whole.substr(32, 16));

  small.mid = 21;
  small.options.back().second = block(5000, false, 6);
  CHECK(device.ask(small).code_text() == "4.00");
}

TEST_CASE("further blocks of an answer to a registration do not register once more") {
  World world;
  Device device(world);
  Message message = request(kPost, "rd?ep=a", 1);
  message.options.emplace_back(kBlock2, block(0, false, 2));
  const Message first = device.ask(message);
  REQUIRE(first.code_text() == "2.01");
  CHECK(first.payload.size() == 64);
  message = request(kPost, "rd?ep=a", 2);
  message.options.emplace_back(kBlock2, block(1, false, 2));
  const Message second = device.ask(message);
  CHECK(second.code_text() == "2.01");
  CHECK(second.location() == first.location());
  CHECK(second.option(kEtag) == first.option(kEtag));
  CHECK(device.ask(request(kGet, first.location().substr(1), 3)).code_text() == "2.05");

  Device stranger(world);
  message.mid = 4;
  CHECK(stranger.ask(message).code_text() == "4.08");
  CHECK(device.ask(request(kGet, first.location().substr(1), 5)).code_text() == "2.05");
}

TEST_CASE("random octets do no harm") {
  World world;
  Device noisy(world);
  Device quiet(world);
  std::uint32_t state = 1;
  const auto random = [&] { return state = state * 1'664'525U + 1'013'904'223U, state >> 16; };
  const std::string good = encode(request(kPost, "rd?ep=a&lt=100", 1, "{\"a\":1}"));
  for (int i = 0; i < 500; ++i) {
    std::string octets = good;
    for (auto changes = random() % 4 + 1; changes > 0; --changes)
      octets[random() % octets.size()] = static_cast<char>(random());
    noisy.send_octets(octets);
    if (i % 20 == 0) CHECK(quiet.ask(request(kGet, "probe", i)).code_text() == "4.04");
  }
  CHECK(quiet.ask(request(kPost, "rd?ep=fine", 30'000)).code_text() == "2.01");
}

}  // namespace
}  // namespace msggw::coap_adapter::test
