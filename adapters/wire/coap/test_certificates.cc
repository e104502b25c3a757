// SPDX-License-Identifier: Apache-2.0
#include "adapters/wire/coap/test_certificates.h"

#include <doctest/doctest.h>

#include <cstdlib>
#include <fstream>
#include <stdexcept>

namespace msggw::coap::test {

Certificates::Certificates() {
  std::string name = (std::filesystem::temp_directory_path() / "msggw-coap-XXXXXX").string();
  if (::mkdtemp(name.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = name;
  const std::string days = "-days 2";
  make_ca("ca");
  make_ca("stranger-ca");
  sign("server", "ca", "subjectAltName=DNS:localhost,IP:127.0.0.1", days);
  sign("client", "ca", "subjectAltName=DNS:gw.example", days);
  sign("named", "ca", "subjectAltName=DNS:other.example", days);
  sign("stranger", "stranger-ca", "subjectAltName=DNS:localhost,IP:127.0.0.1", days);
  // `openssl ca` is the only command of it that signs for a time in the past.
  std::ofstream(folder_ / "index.txt");
  std::ofstream(folder_ / "ca.conf")
      << "[ca]\ndefault_ca=d\n[d]\ndatabase=" << name << "/index.txt\nnew_certs_dir=" << name
      << "\nrand_serial=yes\ndefault_md=sha256\npolicy=p\n"
         "copy_extensions=copy\n[p]\ncommonName=supplied\n";
  run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout expired.key -out expired.csr"
      " -subj /CN=expired -addext subjectAltName=DNS:localhost,IP:127.0.0.1");
  run("ca -batch -config ca.conf -cert ca.pem -keyfile ca.key -in expired.csr -out expired.pem"
      " -notext -startdate 20200101000000Z -enddate 20210101000000Z");
}

Certificates::~Certificates() {
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void Certificates::make_ca(const std::string& name) {
  run("req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -keyout " + name +
      ".key -out " + name + ".pem -subj /CN=" + name);
}

void Certificates::sign(const std::string& name, const std::string& ca,
                        const std::string& extensions, const std::string& validity) {
  const std::string common = name == "client" ? "gateway-1" : name;
  std::ofstream(folder_ / (name + ".ext")) << extensions << '\n';
  run("req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout " + name + ".key -out " +
      name + ".csr -subj /CN=" + common);
  run("x509 -req -in " + name + ".csr -CA " + ca + ".pem -CAkey " + ca +
      ".key -CAcreateserial -extfile " + name + ".ext -out " + name + ".pem " + validity);
}

void Certificates::run(const std::string& command) {
  const std::string line =
      "cd " + folder_.string() + " && openssl " + command + " >openssl.log 2>&1";
  INFO(line);
  REQUIRE(std::system(line.c_str()) == 0);
}

}  // namespace msggw::coap::test
