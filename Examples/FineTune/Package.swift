// swift-tools-version: 6.1
import PackageDescription

// A package outside of this repository names DeepSpeed by URL and version instead of by path.
let package = Package(
  name: "FineTune",
  dependencies: [.package(name: "deepspeed-swift", path: "../..")],
  targets: [
    .executableTarget(
      name: "FineTune", dependencies: [.product(name: "DeepSpeed", package: "deepspeed-swift")])
  ]
)
