// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/tls/contexts.h"

#include <doctest/doctest.h>
#include <fcntl.h>
#include <openssl/ssl.h>
#include <poll.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <cstdlib>
#include <filesystem>

#include "adapters/wire/tls/errors.h"
#include "adapters/wire/tls/test_certificates.h"

namespace msggw::tls {
namespace {

namespace fs = std::filesystem;

std::string told(const base::Result<>& result) {
  return result ? "" : result.error().detail;
}

std::string told(const Options& options) {
  const auto made = make(options);
  if (!made) CHECK(made.error().code == base::Errc::incorrect);
  CHECK(take_error() == 0);
  return made ? "" : made.error().detail;
}

TEST_CASE("what cannot be used is said with file and reason") {
  test::Certificates all;
  const fs::path none = all.folder() / "none.pem";
  const fs::path rubbish = all.write("rubbish.pem", "not a certificate");
  const fs::path cut = all.folder() / "cut.pem";
  fs::copy_file(all.pem("server"), cut);
  fs::resize_file(cut, fs::file_size(cut) / 2);
  const auto text = [](const char* word, const fs::path& file, const std::string& why) {
    return std::string(word) + ": " + file.string() + ": " + why;
  };
  Options server{.side = Side::server, .certificate = all.pem("server"), .key = all.key("server")};
  CHECK(told(server) == "");

  const auto with = [&](auto change) {
    Options changed = server;
    change(changed);
    return told(changed);
  };
  CHECK(with([&](Options& o) { o.certificate = none; }) ==
        text("certificate", none, "No such file or directory"));
  CHECK(with([&](Options& o) { o.certificate = all.folder(); }) ==
        text("certificate", all.folder(), "it is a folder"));
  CHECK(with([&](Options& o) { o.certificate = rubbish; }) ==
        text("certificate", rubbish, "holds no PEM certificate"));
  CHECK(with([&](Options& o) { o.certificate = cut; }) ==
        text("certificate", cut, "cannot be read: bad end line"));
  CHECK(with([&](Options& o) { o.key = none; }) == text("key", none, "No such file or directory"));
  CHECK(with([&](Options& o) { o.key = rubbish; }).find("holds no PEM private key") !=
        std::string::npos);
  CHECK(with([&](Options& o) { o.key = all.key("client"); }) ==
        text("key", all.key("client"), "is not the key of " + all.pem("server").string()));
  CHECK(with([&](Options& o) { o.ca = none; }) ==
        text("client_ca", none, "No such file or directory"));
  const fs::path pipe = all.folder() / "pipe";
  REQUIRE(::mkfifo(pipe.c_str(), 0600) == 0);
  CHECK(with([&](Options& o) { o.certificate = pipe; }) ==
        text("certificate", pipe, "it is no regular file"));
  CHECK(with([&](Options& o) { o.key = pipe; }) == text("key", pipe, "it is no regular file"));
  CHECK(with([&](Options& o) {
          o.ca = all.pem("ca");
          o.crl = pipe;
        }) == text("crl", pipe, "it is no regular file"));
  CHECK(with([&](Options& o) {
          o.side = Side::client;
          o.ca = rubbish;
        }) == text("ca", rubbish, "holds no PEM certificate"));
}

TEST_CASE("what stands behind the first certificate of a file is read too") {
  test::Certificates all;
  const fs::path chain = all.folder() / "chain.pem";
  fs::copy_file(all.pem("server"), chain);
  const auto append = [&](const std::string& text) {
    std::FILE* const out = std::fopen(chain.c_str(), "a");
    std::fputs(text.c_str(), out);
    std::fclose(out);
  };
  Options options{.side = Side::server, .certificate = chain, .key = all.key("server")};
  append("-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n");
  CHECK(told(options).find("cannot be read") != std::string::npos);
}

TEST_CASE("a look at files finds what making does") {
  test::Certificates all;
  CHECK(check_files({}));
  CHECK(check_files(
      {.ca = all.pem("ca"), .certificate = all.pem("client"), .key = all.key("client")}));
  for (const Options& wrong :
       {Options{.ca = "/no/such"}, Options{.crl = all.pem("ca")},
        Options{.certificate = all.pem("client"), .key = all.key("server")}}) {
    const auto looked = check_files(wrong);
    REQUIRE_FALSE(looked);
    CHECK(looked.error().detail == told(wrong));
  }
}

TEST_CASE("certificate and key may stand in one file") {
  test::Certificates all;
  const std::string both = (all.folder() / "both.pem").string();
  REQUIRE(std::system(("cat " + all.pem("client").string() + " " + all.key("client").string() +
                       " > " + both)
                          .c_str()) == 0);
  CHECK(told(Options{.ca = all.pem("ca"), .certificate = both}) == "");
}

/// Runs `act` in a process whose standard input and controlling terminal is a terminal at which
/// nobody types. True: it ended in time, with true.
template <class Act>
bool at_silent_terminal(Act act) {
  constexpr int kMostMilliseconds = 10'000;
  const base::UniqueFd keyboard(::posix_openpt(O_RDWR | O_NOCTTY));
  REQUIRE((keyboard && ::grantpt(keyboard.get()) == 0 && ::unlockpt(keyboard.get()) == 0));
  std::array<int, 2> ends{};
  REQUIRE(::pipe(ends.data()) == 0);
  const base::UniqueFd ended(ends[0]);
  base::UniqueFd open(ends[1]);
  const pid_t child = ::fork();
  REQUIRE(child >= 0);
  if (child == 0) {
    ::setsid();
    const int terminal = ::open(::ptsname(keyboard.get()), O_RDWR);  // becomes the controlling one
    ::dup2(terminal, STDIN_FILENO);
    ::_exit(act() ? 0 : 1);
  }
  open.reset();
  pollfd end{ended.get(), POLLIN, 0};
  // OpenSSL catches SIGALRM and SIGTERM while it asks.
  if (::poll(&end, 1, kMostMilliseconds) == 0) ::kill(child, SIGKILL);
  int status = 0;
  ::waitpid(child, &status, 0);
  return WIFEXITED(status) && WEXITSTATUS(status) == 0;
}

TEST_CASE("an encrypted key is refused, and nobody is asked for its password") {
  test::Certificates all;
  for (const bool pkcs8 : {true, false}) {
    CAPTURE(pkcs8);
    const fs::path key = all.encrypt_key("server", pkcs8);
    const std::string expected =
        "key: " + key.string() + ": the key is encrypted; it must be stored without a password";
    for (const Side side : {Side::client, Side::server}) {
      const Options options{.side = side, .certificate = all.pem("server"), .key = key};
      CHECK(at_silent_terminal(
          [&] { return told(options) == expected && told(check(options)) == expected; }));
    }
    CHECK(at_silent_terminal([&] {
      return !make({.side = Side::client, .ca = key}).has_value() &&
             !make({.certificate = key, .key = key}).has_value();
    }));
  }
}

TEST_CASE("check does what making does, and looks at the calendar") {
  test::Certificates all;
  all.make("later", {.from_day = 1, .until_day = 3});
  const auto of = [&](const std::string& name) {
    return Options{.side = Side::server, .certificate = all.pem(name), .key = all.key(name)};
  };
  CHECK(told(check(of("server"))) == "");
  CHECK(told(check(Options{.ca = all.pem("ca")})) == "");
  CHECK(make(of("expired")).has_value());
  const std::string expired = told(check(of("expired")));
  CHECK(expired.find("certificate: " + all.pem("expired").string() + ": has expired on 20") == 0);
  CHECK(told(check(of("later"))).find(": is not valid before 20") != std::string::npos);
  Options unpaired = of("server");
  unpaired.key = all.key("client");
  CHECK(told(check(unpaired)).find("is not the key of") != std::string::npos);
}

TEST_CASE("a reload that fails changes nothing; what was given out lives on") {
  test::Certificates all;
  const fs::path own = all.folder() / "own.pem";
  const auto over = fs::copy_options::overwrite_existing;
  fs::copy_file(all.pem("server"), own, over);
  Source source({.side = Side::server, .certificate = own, .key = all.key("server")});
  CHECK(source.current() == nullptr);
  REQUIRE(source.reload().has_value());
  const Context first = source.current();
  all.write("own.pem", "nothing");
  CHECK(told(source.reload()).find("own.pem") != std::string::npos);
  CHECK(source.current() == first);
  fs::copy_file(all.pem("server"), own, over);
  REQUIRE(source.reload().has_value());
  CHECK(source.current() != first);
  CHECK(SSL_CTX_get0_certificate(first.get()) != nullptr);
}

}  // namespace
}  // namespace msggw::tls
